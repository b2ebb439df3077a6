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
	_, err = s.app.Events.SetDelegations(c.UserContext(), e.ID, func(now event.Event) (event.TypedDelegations, error) {
		merged, err := form.Onto(delegationValues(now), nil)
		return event.TypedDelegations{Size: merged.Value("delegation"), FocalApproval: merged.Checked("focal_approval")}, err
	})
	return s.settingsSaved(c, e, form, err, "settings.saved_delegations", func(f *settingsForms) { f.delegations = form })
}
