package delegate

import (
	"context"
	"errors"
	"slices"
	"strings"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Brought is somebody whom organisers bring in with many others, as Vet found them
// fit.
type Brought struct {
	ID      string // what the registration's is to be
	Form    Form
	Invited bool // they finish their registration themselves
}

// Bring puts them into the transaction: confirmed with a place, on the waiting list,
// or invited. Nobody is written to. must refuses who finds no place, as a problem of
// kind Conflict. Whether the address is free shows when the transaction is committed.
func (s *Service) Bring(ctx context.Context, tx *store.Tx, e event.Event, b Brought, must bool) (State, error) {
	d, err := s.brought(e, b)
	if err != nil {
		return "", err
	}
	to := Invited
	if !b.Invited {
		if err := s.mustFit(ctx, tx, e, &d, must); err != nil {
			return "", err
		}
		if to, err = s.seat(ctx, tx, e, &d, Confirmed); err != nil {
			return "", err
		}
		if err := s.changeBadge(ctx, tx, &d, to); err != nil {
			return to, err
		}
	}
	s.step(ctx, &d, to, "")
	d.index()
	if err := delegates.Create(tx, d); err != nil {
		return to, err
	}
	return to, audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.import", Event: e.ID, Subject: Subject(d.ID), To: string(to),
	})
}

func (s *Service) mustFit(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, must bool) error {
	if !must {
		return nil
	}
	l, err := s.ledger(ctx, tx, e.ID)
	if err == nil && !s.admits(l, e, d, d.State) {
		err = problem.New(problem.Conflict, "problem.import.full")
	}
	return err
}

// brought is the registration before it has a state.
func (s *Service) brought(e event.Event, b Brought) (Delegate, error) {
	email, ok := person.ParseEmail(b.Form.Email)
	if !ok {
		return Delegate{}, errors.New("delegate: who is brought in has no address")
	}
	d := s.draft(e, b.Form, email)
	d.ID, d.Answers = b.ID, b.Form.Answers.Clone()
	d.LinkHash = link.Hash(s.ManageToken(d))
	return d, nil
}

// IsRegistered reports whether somebody is registered under the address.
func (s *Service) IsRegistered(ctx context.Context, r store.Reader, e event.Event, typed string) (bool, error) {
	email, ok := person.ParseEmail(typed)
	if !ok {
		return false, nil
	}
	_, err := delegates.First(ctx, r, store.By("email", e.ID, email.Key))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Write queues the letter that tells them where they stand, after all have been
// brought in. Nobody waits for it, so it goes behind letters that somebody waits for.
func (s *Service) Write(ctx context.Context, tx *store.Tx, id, origin string) error {
	d, err := s.get(ctx, tx, id)
	if problem.KindOf(err) == problem.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	occasion := map[State]string{Invited: OccasionInvited, Confirmed: OccasionBadge, Waiting: OccasionWaiting}[d.State]
	if occasion == "" { // they have moved on, and have a letter of that
		return nil
	}
	_, err = outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID: outbox.ID(occasion, d.ID, origin), Occasion: occasion, Event: d.Event, Person: d.ID, Language: d.Language,
		To: outbox.Address{Name: d.Name, Email: d.Email}, Origin: origin,
	})
	return err
}

// Change is what becomes of one field of a registration: of the form, or of a question.
type Change struct {
	Field string   `json:"field"`
	From  []string `json:"from,omitempty"`
	To    []string `json:"to,omitempty"`
}

// text is the field of the registration that is one text, nil for any other.
func (d *Delegate) text(field string) *string {
	switch field {
	case "name":
		return &d.Name
	case "latin_name":
		return &d.LatinName
	case "organisation":
		return &d.Organisation
	case "job_title":
		return &d.JobTitle
	case "city":
		return &d.City
	case "country":
		return &d.Country
	case "category":
		return &d.Category
	case "email":
		return &d.Email
	case "language":
		return &d.Language
	case "time_zone":
		return &d.TimeZone
	case "needs":
		return &d.Needs
	}
	return nil
}

// changeable are the fields that are one text.
var changeable = []string{
	"name", "latin_name", "organisation", "job_title", "city", "country", "category", "email", "language", "time_zone", "needs",
}

func (d *Delegate) value(field string) []string {
	if text := d.text(field); text != nil {
		if *text == "" {
			return nil
		}
		return []string{*text}
	}
	id, _ := strings.CutPrefix(field, form.FieldOf(""))
	return d.Answers[id]
}

func (d *Delegate) set(field string, values []string) {
	if text := d.text(field); text != nil {
		*text = strings.Join(values, "")
		return
	}
	id, _ := strings.CutPrefix(field, form.FieldOf(""))
	d.Answers = d.Answers.Clone()
	if len(values) == 0 {
		delete(d.Answers, id)
		return
	}
	if d.Answers == nil {
		d.Answers = form.Answers{}
	}
	d.Answers[id] = slices.Clone(values)
}

// changes lists what differs in the other registration.
func (d *Delegate) changes(other *Delegate) []Change {
	var list []Change
	for _, field := range append(slices.Clone(changeable), fields(d.Answers.Changed(other.Answers))...) {
		if from, to := d.value(field), other.value(field); !slices.Equal(from, to) {
			list = append(list, Change{Field: field, From: from, To: to})
		}
	}
	return list
}

// Amend makes the changes in the transaction, all or none. One whose field is no
// longer as it was, an address that is taken, a category that is full and a
// registration that is over are problems of kind Conflict.
func (s *Service) Amend(ctx context.Context, tx *store.Tx, e event.Event, id string, list []Change) error {
	d, err := s.get(ctx, tx, id)
	if problem.KindOf(err) == problem.NotFound {
		return problem.Wrap(err, problem.Conflict, "problem.import.gone")
	}
	if err != nil {
		return err
	}
	if d.State.Over() {
		return problem.New(problem.Conflict, "problem.import.over")
	}
	for _, c := range list {
		if !slices.Equal(d.value(c.Field), c.From) {
			return problem.New(problem.Conflict, "problem.import.moved")
		}
	}
	// The place in a category is taken last, when nothing can come in the way any more.
	ordered := slices.SortedStableFunc(slices.Values(list), func(a, b Change) int {
		return strings.Compare(last(a.Field), last(b.Field))
	})
	for _, c := range ordered {
		if err := s.setField(ctx, tx, e, &d, c.Field, c.To); err != nil {
			return err
		}
	}
	return s.save(ctx, tx, d, "delegate.import_change", changedFields(list))
}

// last sorts the category behind all other fields.
func last(field string) string {
	if field == "category" {
		return "~"
	}
	return ""
}

func changedFields(list []Change) []string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Field
	}
	return names
}

// setField sets a field, with what hangs on it: the place in a category, the key of
// an address.
func (s *Service) setField(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, field string, values []string) error {
	switch field {
	case "category":
		return s.recategorise(ctx, tx, e, d, strings.Join(values, ""))
	case "email":
		return s.readdress(ctx, tx, d, strings.Join(values, ""))
	case "city":
		if d.Role != "" {
			return problem.New(problem.Conflict, "problem.import.delegation")
		}
	}
	d.set(field, values)
	return nil
}

// recategorise takes the place along into another category, if one is free there.
func (s *Service) recategorise(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to string) error {
	from := d.Category
	d.Category = to
	if !d.HoldsPlace() && d.State != Waiting {
		return nil
	}
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	if d.State == Waiting {
		l.count(from, 0, -1)
		l.count(to, 0, 1)
		return ledgers.Put(tx, l)
	}
	l.count(from, -1, 0)
	if !l.room(e.Registration, to) {
		return problem.New(problem.Conflict, "problem.import.category_full")
	}
	l.count(to, 1, 0)
	return ledgers.Put(tx, l)
}

func (s *Service) readdress(ctx context.Context, tx *store.Tx, d *Delegate, to string) error {
	email, ok := person.ParseEmail(to)
	if !ok {
		return problem.New(problem.Conflict, "problem.field.email")
	}
	other, err := delegates.First(ctx, tx, store.By("email", d.Event, email.Key))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && other.ID == d.ID:
	case err != nil:
		return err
	default:
		return problem.New(problem.Conflict, "problem.import.address_taken")
	}
	d.Email, d.EmailKey = email.Text, email.Key
	return nil
}

// Fate is what becomes of a registration when an import is undone.
type Fate string

// The fates of registrations.
const (
	Removed  Fate = "removed"  // it is as it was brought in, and goes without a trace but in the audit
	Ended    Fate = "ended"    // it has moved on, or they have been written to: it is cancelled, and they are told
	SetBack  Fate = "set_back" // what was changed is as it was before
	Kept     Fate = "kept"     // changed since, or there: it stays
	Vanished Fate = "vanished" // it is over or gone already
)

// Fates lists every fate.
var Fates = []Fate{Removed, SetBack, Ended, Kept, Vanished}

// FateOf tells what TakeOut would do.
func (s *Service) FateOf(ctx context.Context, r store.Reader, e event.Event, b Brought, written bool) (Fate, Delegate, error) {
	d, err := s.get(ctx, r, b.ID)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return Vanished, d, nil
	case err != nil:
		return "", d, err
	case d.State.Over(), d.ID != b.ID: // it was merged into another
		return Vanished, d, nil
	case !d.Arrived.IsZero():
		return Kept, d, nil
	}
	as, err := s.brought(e, b)
	if err != nil {
		return "", d, err
	}
	if written || d.touched(as) {
		return Ended, d, nil
	}
	return Removed, d, nil
}

// touched reports whether anything has been done with a registration since it was
// brought in.
func (d *Delegate) touched(as Delegate) bool {
	return len(d.Steps) != 1 || d.Role != "" || !d.BadgeOpened.IsZero() || !d.Consent.At.IsZero() || d.Proposed != nil ||
		d.LinkSerial != as.LinkSerial || d.VerifySerial != 0 || len(d.Tags)+len(d.Also) > 0 || len(d.changes(&as)) > 0
}

// TakeOut undoes Bring: the registration is removed if nothing has been done with it,
// and else cancelled, with a letter. Who has arrived stays.
func (s *Service) TakeOut(ctx context.Context, tx *store.Tx, e event.Event, b Brought, written bool) (Fate, error) {
	fate, d, err := s.FateOf(ctx, tx, e, b, written)
	switch {
	case err != nil:
		return fate, err
	case fate == Ended:
		if err := s.move(ctx, tx, e, &d, Cancelled, ""); err != nil {
			return fate, err
		}
		d.index()
		return fate, delegates.Put(tx, d)
	case fate == Removed:
		return fate, s.remove(ctx, tx, e, d)
	}
	return fate, nil
}

func (s *Service) remove(ctx context.Context, tx *store.Tx, e event.Event, d Delegate) error {
	from := d.State
	if _, err := s.seat(ctx, tx, e, &d, Cancelled); err != nil {
		return err
	}
	if d.Badge != "" {
		if err := s.badges.Remove(ctx, tx, d.Badge); err != nil {
			return err
		}
	}
	d.State = Cancelled // for those who follow; nobody else sees it
	if err := s.tellFollowers(ctx, tx, e, &d, from); err != nil {
		return err
	}
	if err := delegates.Delete(ctx, tx, d.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.import_undo", Event: e.ID, Subject: Subject(d.ID), From: string(from),
	})
}

// Unamended tells what Restore would do.
func (s *Service) Unamended(ctx context.Context, r store.Reader, id string, list []Change) (Fate, Delegate, error) {
	d, err := s.get(ctx, r, id)
	if problem.KindOf(err) == problem.NotFound {
		return Vanished, d, nil
	}
	if err != nil {
		return "", d, err
	}
	for _, c := range list {
		if slices.Equal(d.value(c.Field), c.To) {
			return SetBack, d, nil
		}
	}
	return Kept, d, nil
}

// Restore undoes Amend: what is still as it was changed to becomes what it was
// before. A field that has been changed since, or cannot be set back since the
// address or the category is taken now, stays.
func (s *Service) Restore(ctx context.Context, tx *store.Tx, e event.Event, id string, list []Change) (Fate, error) {
	fate, d, err := s.Unamended(ctx, tx, id, list)
	if err != nil || fate != SetBack {
		return fate, err
	}
	var back []string
	for _, c := range list {
		if !slices.Equal(d.value(c.Field), c.To) {
			continue
		}
		before := d
		err := s.setField(ctx, tx, e, &d, c.Field, c.From)
		if problem.KindOf(err) == problem.Conflict {
			d = before
			continue
		}
		if err != nil {
			return fate, err
		}
		back = append(back, c.Field)
	}
	if len(back) == 0 {
		return Kept, nil
	}
	return fate, s.save(ctx, tx, d, "delegate.import_undo", back)
}
