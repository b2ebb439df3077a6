package letter

import (
	"context"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/outbox"
)

// gatherDelegation tells of the delegation that a nominee is in; a letter that is only
// looked at may name one.
func (w *writer) gatherDelegation(ctx context.Context, d delegate.Delegate) error {
	role, of := d.Role, d.City
	if role == "" {
		role, of = delegate.Role(w.letter.Data["role"]), w.letter.Data["city"]
	}
	if role != "" {
		w.facts["Role"] = w.print.T("delegation.role_in_text." + string(role))
	}
	return w.gatherCity(ctx, of)
}

func (w *writer) gatherCity(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	c, err := w.Cities.Get(ctx, id)
	w.facts["City"] = w.print.Text(c.Name)
	return err
}

// gatherFocal tells what letters to focal points are about. One that asks for their
// approval is pointless when nobody waits for it any more.
func (w *writer) gatherFocal(ctx context.Context) error {
	if w.letter.Occasion == city.OccasionFocalLink {
		w.facts["FocalLink"] = w.personal("/focal/link/", w.Cities.FocalToken(w.letter.Data["pass"]), "")
		return nil
	}
	id := w.letter.Data["city"]
	if err := w.gatherCity(ctx, id); err != nil {
		return err
	}
	waiting, err := w.Delegates.AwaitingFocal(ctx, w.event.ID, id)
	if err != nil {
		return err
	}
	if len(waiting) == 0 && w.reveal {
		return outbox.ErrPointless
	}
	w.facts["Waiting"] = w.print.N("focal.letter_waiting", len(waiting))
	w.facts["FocalLink"] = w.BaseURL + "/focal/" + w.event.Slug + "/" + id
	return nil
}
