package delegate

import (
	"context"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// keyOf is what a registration is the only one of in its event: the address of who
// registers for themselves. A contact may register several people, who have no
// address here: each of them is one by the contact's address and their own name, so
// that a form sent twice still makes one registration. A slash stands in no domain,
// so nobody's address is taken for such a key, and all that belong to an address are
// found by how their keys begin.
func keyOf(f Form, email person.Email) string {
	if !f.Behalf {
		return email.Key
	}
	return email.Key + "/" + i18n.Fold(f.Name)
}

// cleanContact checks who registers somebody else.
func (f *Form) cleanContact(faults *problem.Form) {
	if !f.Behalf {
		f.Contact = ""
		return
	}
	f.Contact = oneLine(f.Contact)
	if f.Contact == "" {
		faults.Add("contact", "problem.field.required")
	}
	if n := utf8.RuneCountInString(f.Contact); n > MaxName {
		faults.Add("contact", "problem.field.too_long", "Max", MaxName, "Length", n)
	}
}

// maxUnder is how many links one letter holds.
const maxUnder = 100

// Under lists who is registered for the event under the address: its owner, and those
// whom they registered. Registrations that nobody proved are left out.
func (s *Service) Under(ctx context.Context, eventID, address string) ([]Delegate, error) {
	email, ok := person.ParseEmail(address)
	if !ok {
		return nil, nil
	}
	all, err := s.under(ctx, s.db, eventID, email)
	var proved []Delegate
	for _, d := range all {
		if d.State != Unverified {
			proved = append(proved, d)
		}
	}
	return proved, err
}

func (s *Service) under(ctx context.Context, r store.Reader, eventID string, email person.Email) ([]Delegate, error) {
	var own []Delegate
	d, err := s.byAddress(ctx, r, eventID, email.Key)
	if err == nil {
		own = append(own, d)
	} else if !isMissing(err) {
		return nil, err
	}
	others, err := delegates.Find(ctx, r, store.By("email", eventID).StartingWith(email.Key+"/").Limit(maxUnder))
	return append(own, others.Items...), err
}

// sendLinks writes to an address about everybody who is registered under it. Those
// whose address is not proved are asked to do that; the links of all others stand in
// one letter.
func (s *Service) sendLinks(ctx context.Context, tx *store.Tx, e event.Event, email person.Email, people []Delegate) error {
	var proved []Delegate
	for _, d := range people {
		if d.State != Unverified {
			proved = append(proved, d)
			continue
		}
		form, err := s.asked(ctx, tx, d)
		if err != nil {
			return err
		}
		if c, ok := e.Category(form.Category); ok && form.Invitation == "" && !c.ToAll() {
			continue // they came by an invitation, and by which is not known any more
		}
		if err := s.ask(ctx, tx, &d, form); err != nil {
			return err
		}
		if err := s.save(audit.As(ctx, audit.Delegate(d.ID)), tx, d, "delegate.verify_again", nil); err != nil {
			return err
		}
	}
	switch len(proved) {
	case 0:
		return nil
	case 1:
		return s.letter(ctx, tx, &proved[0], OccasionLink)
	}
	first := proved[0]
	name := first.Contact
	if name == "" {
		name = first.Name
	}
	_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID:       outbox.ID(OccasionLinks, first.ID, s.clock().UTC().Format("20060102T150405.000")),
		Occasion: OccasionLinks, Event: e.ID, Language: first.Language, Urgent: true,
		To: outbox.Address{Name: name, Email: email.Text}, Data: map[string]string{"name": name},
	})
	return err
}
