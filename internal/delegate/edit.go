package delegate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Clash is a field that two people have changed at the same time, to different
// things.
type Clash struct {
	Field string // the name of the form's input; "city" stands for the place
	By    audit.Actor
	At    time.Time // zero where the trail does not say
}

// ClashError says that a form could not be saved since somebody else has changed the
// same fields meanwhile. A form that shows Merged, and begins with Now, which is what
// holds, saves when it is sent again.
type ClashError struct {
	Now     Form
	Merged  Form // with the fields of the clashes as they were typed
	Clashes []Clash
}

// Error names the fields, never what they hold.
func (e *ClashError) Error() string {
	text := "delegate: changed by two at once:"
	for _, c := range e.Clashes {
		text += " " + c.Field
	}
	return text
}

// Unwrap is the problem that people are told.
func (e *ClashError) Unwrap() error { return problem.New(problem.Conflict, "problem.edit_clash") }

// Field returns the clash of a field.
func (e *ClashError) Field(name string) (Clash, bool) {
	i := slices.IndexFunc(e.Clashes, func(c Clash) bool { return c.Field == name })
	if i < 0 {
		return Clash{}, false
	}
	return e.Clashes[i], true
}

// Merge3 merges a form with what has been changed elsewhere since it was opened:
// began is what it showed then, f what was typed, now what holds. A field that one
// side alone has changed is taken from there. The fields that both have changed, and
// to different things, are named; they stay as they were typed.
func (f Form) Merge3(began, now Form) (merged Form, both []string) {
	merged = f
	pick := func(field string, mine *string, was, theirs string) {
		switch {
		case *mine == was:
			*mine = theirs
		case theirs != was && theirs != *mine:
			both = append(both, field)
		}
	}
	pick("name", &merged.Name, began.Name, now.Name)
	pick("latin_name", &merged.LatinName, began.LatinName, now.LatinName)
	pick("organisation", &merged.Organisation, began.Organisation, now.Organisation)
	pick("job_title", &merged.JobTitle, began.JobTitle, now.JobTitle)
	pick("category", &merged.Category, began.Category, now.Category)
	pick("email", &merged.Email, began.Email, now.Email)
	pick("language", &merged.Language, began.Language, now.Language)
	pick("time_zone", &merged.TimeZone, began.TimeZone, now.TimeZone)
	pick("needs", &merged.Needs, began.Needs, now.Needs)
	switch mine, was, theirs := f.where(), began.where(), now.where(); {
	case mine == was:
		merged.City, merged.Country = now.City, now.Country
	case theirs != was && theirs != mine:
		both = append(both, "city")
	}
	return merged, append(both, merged.mergeAnswers(began.Answers, now.Answers)...)
}

// place is a city and its country, which change together.
func (f Form) where() [2]string { return [2]string{f.City, f.Country} }

func (f *Form) mergeAnswers(began, now form.Answers) (both []string) {
	mine := f.Answers.Clone()
	for _, id := range now.Changed(began) {
		switch {
		case slices.Equal(mine[id], began[id]):
			if mine == nil {
				mine = form.Answers{}
			}
			if mine[id] = now[id]; len(now[id]) == 0 {
				delete(mine, id)
			}
		case !slices.Equal(mine[id], now[id]):
			both = append(both, form.FieldOf(id))
		}
	}
	f.Answers = mine
	return both
}

// Edit changes a registration for the organisers: every field, the address and the
// category among them. began is the form as they opened it. What others have changed
// since stays, unless it is the same field: then nothing is saved, and a ClashError
// says what to decide. A new address gets a new personal link, and both addresses are
// told. Faults are a problem of kind Invalid.
func (s *Service) Edit(ctx context.Context, id string, began, typed Form) (Delegate, error) {
	began = began.tidied()
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		mine, err := s.cleanEdit(ctx, e, *d, began, typed)
		if err != nil {
			return err
		}
		now := FormOf(*d)
		mine, both := mine.Merge3(began, now)
		if len(both) > 0 {
			clashes, err := s.clashes(ctx, *d, both)
			return errors.Join(err, &ClashError{Now: now, Merged: mine, Clashes: clashes})
		}
		return s.edit(ctx, tx, e, d, mine)
	})
}

// tidied is the form after it has travelled through a page, which changes line ends.
func (f Form) tidied() Form {
	for _, text := range []*string{&f.Name, &f.LatinName, &f.Organisation, &f.JobTitle, &f.Needs} {
		*text = person.Tidy(*text)
	}
	return f
}

// OwnForm is the form as the delegate sees it on their own page: with the answers that
// they gave last, approved or not.
func OwnForm(d Delegate) Form {
	f := FormOf(d)
	f.Answers = d.wanted().Clone()
	return f
}

// rebase merges what a delegate typed with what has changed since their form began;
// nil began with what there is now. What the form does not ask stays.
func (s *Service) rebase(ctx context.Context, d Delegate, began *Form, typed Form) (Form, error) {
	if began == nil {
		return typed, nil
	}
	set, err := s.forms.Of(ctx, d.Event)
	if err != nil {
		return typed, err
	}
	was, now, mine := began.tidied(), OwnForm(d), typed
	mine.Email, mine.Category, mine.Answers = was.Email, was.Category, was.Answers.Clone()
	asked := set.Asked(form.Asking{Category: d.Category, Moments: []form.Moment{form.AtRegistration, form.Later}, Now: s.clock()})
	for _, q := range asked {
		if mine.Answers == nil {
			mine.Answers = form.Answers{}
		}
		delete(mine.Answers, q.ID)
		if values := typed.Answers[q.ID]; len(values) > 0 {
			mine.Answers[q.ID] = values
		}
	}
	merged, both := mine.Merge3(was, now)
	if len(both) == 0 {
		return merged, nil
	}
	clashes, err := s.clashes(ctx, d, both)
	return merged, errors.Join(err, &ClashError{Now: now, Merged: merged, Clashes: clashes})
}

// cleanEdit checks what the organisers typed. A category that the event no longer has
// may stay.
func (s *Service) cleanEdit(ctx context.Context, e event.Event, d Delegate, began, typed Form) (Form, error) {
	var faults problem.Form
	switch email, ok := person.ParseEmail(typed.Email); {
	case ok:
		typed.Email = email.Text
	case typed.Email != "" || began.Email != "": // who came without registering may have none
		faults.Add("email", key(typed.Email, "problem.field.email"))
	}
	f, err := s.cleanDetails(ctx, typed, &faults)
	if err != nil {
		return f, err
	}
	if _, ok := e.Category(f.Category); !ok && f.Category != began.Category {
		faults.Add("category", key(f.Category, "problem.field.choice"))
	}
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return f, err
	}
	f.Answers = set.Clean(typed.Answers, form.Asking{
		Category: f.Category, Moments: form.Moments, Now: s.clock(), Desk: true, Before: d.Answers,
	}, &faults)
	return f, faults.Err()
}

// edit writes the merged form.
func (s *Service) edit(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, f Form) error {
	if d.InDelegation() && d.City != f.City { // they come for another, or for none
		if err := s.forsake(ctx, tx, d); err != nil {
			return err
		}
	}
	changed := f.apply(d)
	if answered := d.Answers.Changed(f.Answers); len(answered) > 0 {
		proposed := d.Proposed
		if err := s.answer(ctx, tx, e, d, f.Answers); err != nil {
			return err
		}
		d.Proposed = proposed
		changed = append(changed, fields(answered)...)
	}
	if f.Category != d.Category {
		err := s.changeCategory(ctx, tx, e, d, f.Category)
		if p := new(problem.Error); errors.As(err, &p) && p.Kind == problem.Conflict {
			var faults problem.Form
			faults.Add("category", p.Key, p.Args...)
			return faults.Err()
		}
		if err != nil {
			return err
		}
		changed = append(changed, "category")
	}
	if f.Email != d.Email {
		if err := s.moveTo(ctx, tx, d, f); err != nil {
			return err
		}
		changed = append(changed, "email")
	} else if err := s.correct(ctx, tx, *d, f); err != nil {
		return err
	}
	if len(changed) == 0 {
		return nil
	}
	return s.record(ctx, tx, *d, "delegate.change", changed)
}

// correct has what waits for the proof of an address say what the organisers have
// put right, so that the proof does not undo it.
func (s *Service) correct(ctx context.Context, tx *store.Tx, d Delegate, f Form) error {
	if d.State != Unverified {
		return nil
	}
	v, err := verifications.Get(ctx, tx, link.Hash(s.VerifyToken(d, d.VerifySerial)))
	if isMissing(err) || err == nil && v.Used {
		return nil
	}
	if err != nil {
		return err
	}
	v.Form = f.completed(v.Form)
	return verifications.Put(tx, v)
}

// completed puts into a form that organisers have put right what only the person has
// said who registers, and the desk does not show before the address is proved.
func (f Form) completed(asked Form) Form {
	f.Consent, f.Agreed, f.Behalf, f.Contact = asked.Consent, asked.Agreed, asked.Behalf, asked.Contact
	f.ListedParticipants, f.ListedPublic, f.ListedTold = asked.ListedParticipants, asked.ListedPublic, asked.ListedTold
	f.Invitation, f.InvitationSerial = asked.Invitation, asked.InvitationSerial
	answers := form.Answers{}
	maps.Copy(answers, asked.Answers)
	maps.Copy(answers, f.Answers)
	f.Answers = answers
	return f
}

// moveTo gives a registration another address: a new personal link goes there, the
// old one opens nothing any more, and the old address is told. An address that nobody
// has proved is asked for proof at the new one, and not told at the old one.
func (s *Service) moveTo(ctx context.Context, tx *store.Tx, d *Delegate, f Form) error {
	email, _ := person.ParseEmail(f.Email)
	if d.isUnder(email.Key) { // the same in another spelling
		d.Email = email.Text
		return nil
	}
	other, err := s.byAddress(ctx, tx, d.Event, email.Key)
	if err == nil && other.ID != d.ID {
		var faults problem.Form
		faults.Add("email", "problem.field.email_taken")
		return faults.Err()
	}
	if err != nil && !isMissing(err) {
		return err
	}
	old := outbox.Address{Name: d.Name, Email: d.Email}
	proved := d.State != Unverified
	asked, err := s.asked(ctx, tx, *d)
	if err != nil {
		return err
	}
	d.Email, d.EmailKey, d.Contact = email.Text, email.Key, ""
	if !proved {
		f = f.completed(asked)
		f.Behalf, f.Contact = false, ""
		return s.ask(ctx, tx, d, f)
	}
	d.LinkSerial++
	d.LinkHash = link.Hash(s.ManageToken(*d))
	if err := s.letter(ctx, tx, d, OccasionAddress); err != nil {
		return err
	}
	if old.Email == "" {
		return nil
	}
	return s.letterTo(ctx, tx, d, OccasionAddressOld, old)
}

// letterTo queues a letter about the registration to an address that is not its own.
func (s *Service) letterTo(ctx context.Context, tx *store.Tx, d *Delegate, occasion string, to outbox.Address) error {
	_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID:       outbox.ID(occasion, d.ID, s.clock().UTC().Format("20060102T150405.000")),
		Occasion: occasion, Event: d.Event, Person: d.ID, Language: d.Language, To: to,
	})
	return err
}

// clashes tells who changed the fields last, and when.
func (s *Service) clashes(ctx context.Context, d Delegate, both []string) ([]Clash, error) {
	trail, err := audit.Of(ctx, s.db, Subject(d.ID)) // the newest first
	list := make([]Clash, len(both))
	for i, field := range both {
		list[i].Field = field
		for _, entry := range trail {
			if slices.Contains(entry.Fields, field) || field == "city" && slices.Contains(entry.Fields, "country") {
				list[i].By, list[i].At = entry.Actor, entry.At
				break
			}
		}
	}
	return list, err
}
