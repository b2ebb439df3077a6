package desk

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// walking lists the event's categories, with those chosen in which people may be
// registered at the door.
func walking(p *i18n.Printer, e event.Event) []kit.Option {
	allowed := e.WalkIns()
	var list []kit.Option
	for _, c := range e.Categories() {
		list = append(list, kit.Option{
			Value: c.ID, Label: e.CategoryLabel(p, c.ID), Selected: slices.ContainsFunc(allowed, c.Same),
		})
	}
	return list
}

// TransferSave keeps until when delegates may give their place to a colleague.
func (s *Pages) TransferSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LetTransfer(c.UserContext(), e.ID, form.Value("transfer_until"))
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.transfer = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	return s.settingsSaved(c, e, err)
}

// WalkInSave keeps in which categories the door's staff may register people.
func (s *Pages) WalkInSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LetWalkIn(c.UserContext(), e.ID, form.Values["category"])
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.walkIns = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	return s.settingsSaved(c, e, err)
}

func (s *Pages) settingsSaved(c *fiber.Ctx, e event.Event, err error) error {
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "settings.saved")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
}
