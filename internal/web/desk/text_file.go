package desk

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// textFiles attaches what was chosen in a text's form, whichever of its buttons was
// pressed, or takes away what was asked to be. done says that it has answered: with
// the form as it was typed, which is not saved by that.
func (s *Pages) textFiles(c *fiber.Ctx, e event.Event, code, lang string, form *kit.Form) (done bool, err error) {
	err = s.changeFiles(c, e, code, lang, form)
	if form.Refused(err) {
		status := fiber.StatusUnprocessableEntity
		if problem.KindOf(err) == problem.Conflict {
			status = fiber.StatusConflict
		}
		return true, s.renderText(c.Status(status), e, code, lang, form, nil)
	}
	if err != nil {
		return true, err
	}
	if do := form.Value("do"); do == "attach" || strings.HasPrefix(do, "detach ") {
		return true, s.renderText(c, e, code, lang, form, nil)
	}
	return false, nil
}

func (s *Pages) changeFiles(c *fiber.Ctx, e event.Event, code, lang string, form *kit.Form) error {
	ctx := c.UserContext()
	sent, err := kit.Uploads(c, "file")
	if err != nil {
		return err
	}
	var uploads []letter.Upload
	for _, u := range sent {
		uploads = append(uploads, letter.Upload(u))
	}
	id, detach := strings.CutPrefix(form.Value("do"), "detach ")
	if !detach && len(uploads) == 0 {
		return nil
	}
	a := letter.Attachment{Event: e.ID, Occasion: code, Language: lang}
	if form.Value("file_for") == "all" {
		a.Language = ""
	}
	return s.app.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.wroteText(ctx, tx, e, code, ""); err != nil {
			return err
		}
		if detach {
			return s.app.Composer.Detach(ctx, tx, e.ID, code, id)
		}
		return s.app.Composer.Attach(ctx, tx, "file", a, uploads...)
	})
}

// attachedFiles lists the files of an occasion.
func (s *Pages) attachedFiles(ctx context.Context, p *i18n.Printer, e event.Event, code string) ([]attachedFile, error) {
	list, err := s.app.Composer.Attachments(ctx, e.ID, code)
	files := make([]attachedFile, len(list))
	for i, a := range list {
		files[i] = attachedFile{
			ID: a.ID, Name: a.File.Name, Href: "/files/" + s.app.Files.Token(a.File), Size: p.N("text.kilobytes", (a.File.Size+1023)>>10),
		}
		if a.Language != "" {
			files[i].Language = p.LanguageName(a.Language)
		}
	}
	return files, err
}
