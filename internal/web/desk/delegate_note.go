package desk

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// NoteAdd keeps a note about the person, which only the desk sees.
func (s *Pages) NoteAdd(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Delegates.AddNote(c.UserContext(), d.ID, form.Value("note"))
	if form.Refused(err) {
		return s.showDelegate(c.Status(fiber.StatusUnprocessableEntity), e, d, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.note.kept")
	return c.Redirect(deskPath(e, "delegates", d.ID)+"#notes", fiber.StatusSeeOther)
}

// NoteRemove deletes a note.
func (s *Pages) NoteRemove(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	if err := s.app.Delegates.RemoveNote(c.UserContext(), d.ID, c.Params("note")); err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.note.removed")
	return c.Redirect(deskPath(e, "delegates", d.ID)+"#notes", fiber.StatusSeeOther)
}

// Tag puts a tag on the person, or takes one off.
func (s *Pages) Tag(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	if off := form.Value("off"); off != "" {
		_, err = s.app.Delegates.Untag(c.UserContext(), d.ID, off)
	} else {
		_, err = s.app.Delegates.Tag(c.UserContext(), d.ID, form.Value("tag"))
	}
	if form.Refused(err) {
		if form.Message != "" { // too many of them
			form.Faults = append(form.Faults, kit.Fault{Name: "tag", Text: form.Message})
		}
		return s.showDelegate(c.Status(fiber.StatusUnprocessableEntity), e, d, form)
	}
	if err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "delegates", d.ID)+"#tags", fiber.StatusSeeOther)
}
