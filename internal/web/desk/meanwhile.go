package desk

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// saves are what the audit trail calls it when a form is saved.
var saves = []string{"save", "change", "open"}

// refused takes what is wrong into the form, as kit.Form.Refused does, and tells who has
// saved the subject of the audit trail while the form was open: of the event, or of none. The status is that of
// the answer.
func (s *Pages) refused(c *fiber.Ctx, e event.Event, form *kit.Form, subject string, err error) (status int, refused bool) {
	if !form.Refused(err) {
		return 0, false
	}
	var clash *kit.ClashError
	if !errors.As(err, &clash) {
		return fiber.StatusUnprocessableEntity, true
	}
	trail, err := audit.Of(c.UserContext(), s.app.DB, subject)
	for _, entry := range trail { // without a trail they are told that somebody has
		_, action, _ := strings.Cut(entry.Action, ".")
		if err == nil && slices.Contains(saves, action) && entry.Event == e.ID {
			at := s.clock(form.Printer, &e).moment(entry.At)
			form.Message = form.T("problem.meanwhile_by", "Name", actor(form.Printer, entry.Actor), "At", at.Text)
			break
		}
	}
	return fiber.StatusConflict, true
}
