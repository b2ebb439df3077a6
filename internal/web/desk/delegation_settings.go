package desk

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/web/kit"
)

func delegationValues(e event.Event) url.Values {
	r, values := e.Registration, url.Values{"delegation": {""}}
	if r.Delegation > 0 {
		values.Set("delegation", strconv.Itoa(r.Delegation))
	}
	if r.FocalApproval {
		values.Set("focal_approval", "on")
	}
	return values
}

// DelegationsSave keeps how many each city may nominate, and whether focal points
// approve.
func (s *Pages) DelegationsSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.SetDelegations(c.UserContext(), e.ID, form.Value("delegation"), form.Checked("focal_approval"))
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.delegations = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "settings.saved_delegations")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
}
