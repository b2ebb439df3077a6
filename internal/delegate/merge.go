package delegate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// absorption is a registration that was merged into another, as it was. Letters,
// scans and notes that name it lead to the other, as do its links and address.
type absorption struct {
	ID       string      `json:"id"` // of the registration that was merged
	Event    string      `json:"event"`
	Into     string      `json:"into"`
	EmailKey string      `json:"email_key"` // the address that the other one does not have
	LinkHash string      `json:"link_hash"`
	Was      Delegate    `json:"was"`
	At       time.Time   `json:"at"`
	By       audit.Actor `json:"by"`
}

var absorptions = store.NewCollection("delegate_absorptions", func(a absorption) string { return a.ID },
	store.Unique("link", "link_hash"),
	store.On("email", "event", "email_key"),
	store.On("into", "into", "at"),
)

// survivor returns the registration into which the one with the id was merged, or
// store.ErrNotFound.
func (s *Service) survivor(ctx context.Context, r store.Reader, id string) (Delegate, error) {
	a, err := absorptions.Get(ctx, r, id)
	if err != nil {
		return Delegate{}, err
	}
	return delegates.Get(ctx, r, a.Into)
}

func (s *Service) survivorByLink(ctx context.Context, hash string) (Delegate, error) {
	a, err := absorptions.First(ctx, s.db, store.By("link", hash))
	if err != nil {
		return Delegate{}, err
	}
	return delegates.Get(ctx, s.db, a.Into)
}

// byAddress returns the event's registration of an address, or of what was merged
// into it, or store.ErrNotFound.
func (s *Service) byAddress(ctx context.Context, r store.Reader, event, key string) (Delegate, error) {
	d, err := delegates.First(ctx, r, store.By("email", event, key))
	if !isMissing(err) {
		return d, err
	}
	a, err := absorptions.First(ctx, r, store.By("email", event, key))
	if err != nil {
		return Delegate{}, err
	}
	return delegates.Get(ctx, r, a.Into)
}

// addressKey is the key of an address, or empty for what is none.
func addressKey(typed string) string {
	email, _ := person.ParseEmail(typed)
	return email.Key
}

// isUnder reports whether the registration is under the address of the key: as its
// owner's, or as one that its owner made for somebody.
func (d Delegate) isUnder(key string) bool {
	return d.EmailKey == key || strings.HasPrefix(d.EmailKey, key+"/")
}

// Merged lists what was merged into the registration, as it was, the oldest first.
func (s *Service) Merged(ctx context.Context, d Delegate) ([]Delegate, error) {
	list, err := absorptions.List(ctx, s.db, store.By("into", d.ID))
	all := make([]Delegate, len(list))
	for i, a := range list {
		all[i] = a.Was
	}
	return all, err
}

// MergeFields are what may be taken from either of two registrations, beside the
// answers (form.FieldOf). A place is a city and its country.
var MergeFields = []string{
	"name", "latin_name", "organisation", "job_title", "place", "category", "email", "language", "time_zone", "needs", "state",
}

// Merging says which registration stays, which one becomes a part of it, and which
// fields are taken from the latter. Seen is what SeenTogether said of the two when
// they were looked at.
type Merging struct {
	Keep, Other string
	Take        []string
	Seen        string
}

// Merger is told in the transaction that a registration is merged into d, so that what
// is kept under its id can follow. It may change d; it does not write it.
type Merger func(ctx context.Context, tx *store.Tx, d *Delegate, other Delegate) error

// OnMerge has the function told of every merging.
func (s *Service) OnMerge(fn Merger) { s.mergers = append(s.mergers, fn) }

// SeenTogether returns both registrations of the event, and a text that is another
// one when either has changed.
func (s *Service) SeenTogether(ctx context.Context, e event.Event, a, b string) (one, other Delegate, seen string, err error) {
	if one, other, err = s.two(ctx, s.db, e, a, b); err != nil {
		return one, other, "", err
	}
	_, v, err := delegates.GetVersion(ctx, s.db, one.ID)
	if err != nil {
		return one, other, "", err
	}
	_, w, err := delegates.GetVersion(ctx, s.db, other.ID)
	return one, other, fmt.Sprintf("%d.%d", v, w), err
}

// two reads two different registrations of the event.
func (s *Service) two(ctx context.Context, r store.Reader, e event.Event, a, b string) (one, other Delegate, err error) {
	if one, err = s.get(ctx, r, a); err != nil {
		return one, other, err
	}
	if other, err = s.get(ctx, r, b); err != nil {
		return one, other, err
	}
	if one.ID == other.ID || one.Event != e.ID || other.Event != e.ID {
		return one, other, problem.New(problem.NotFound, "problem.delegate_not_found")
	}
	return one, other, nil
}

// Merge makes one registration of two. What belongs to the other, its letters,
// scans, notes, tags and history, belongs to the one that stays; its badge admits
// nobody any more, its personal link leads to the one that stays, and of two places
// one falls free. A problem of kind Conflict says that one of them has changed since
// it was seen.
func (s *Service) Merge(ctx context.Context, e event.Event, m Merging) (Delegate, error) {
	var merged Delegate
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		keep, other, err := s.two(ctx, tx, e, m.Keep, m.Other)
		if err != nil {
			return err
		}
		_, v, err := delegates.GetVersion(ctx, tx, keep.ID)
		if err != nil {
			return err
		}
		_, w, err := delegates.GetVersion(ctx, tx, other.ID)
		if err != nil {
			return err
		}
		if m.Seen != fmt.Sprintf("%d.%d", v, w) {
			return problem.New(problem.Conflict, "problem.merge_changed")
		}
		merged, err = s.merge(ctx, tx, e, keep, other, m.Take)
		return err
	})
	return merged, err
}

func (s *Service) merge(ctx context.Context, tx *store.Tx, e event.Event, keep, other Delegate, take []string) (Delegate, error) {
	for _, one := range []Delegate{keep, other} {
		if one.Gives() || one.PlaceOf != "" && one.State != Confirmed && !one.State.Over() {
			return keep, problem.New(problem.Conflict, "problem.merge_transfer")
		}
	}
	d := united(keep, other)
	for _, field := range take {
		takeField(&d, other, field)
	}
	if err := s.mergeDelegations(ctx, tx, &d, keep, other); err != nil {
		return d, err
	}
	if err := s.absorb(ctx, tx, d, other, keep); err != nil {
		return d, err
	}
	if err := s.mergeSeats(ctx, tx, e, keep, other, d); err != nil {
		return d, err
	}
	if err := s.mergeBadges(ctx, tx, &d, keep, other); err != nil {
		return d, err
	}
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return d, err
	}
	if err := s.forms.HandOver(ctx, tx, other.ID, d.ID, set.Files(other.Answers, other.wanted())); err != nil {
		return d, err
	}
	for _, fn := range s.mergers {
		if err := fn(ctx, tx, &d, other); err != nil {
			return d, err
		}
	}
	if d.State != keep.State {
		if err := s.tellFollowers(ctx, tx, e, &d, keep.State); err != nil {
			return d, err
		}
	}
	if err := s.count(ctx, &d); err != nil {
		return d, err
	}
	d.index()
	if err := delegates.Put(tx, d); err != nil {
		return d, err
	}
	if err := s.record(ctx, tx, other, "delegate.merged", nil); err != nil {
		return d, err
	}
	return d, s.record(ctx, tx, d, "delegate.merge", slices.Clone(take))
}

// united is the registration that stays, with what both have a part in.
func united(keep, other Delegate) Delegate {
	d := keep
	d.Also = append(slices.Clone(keep.Also), other.IDs()...)
	d.Tags = slices.Clone(keep.Tags)
	for _, tag := range other.Tags {
		if !d.HasTag(tag) {
			d.Tags = append(d.Tags, tag)
		}
	}
	slices.SortFunc(d.Tags, func(a, b string) int { return strings.Compare(i18n.Fold(a), i18n.Fold(b)) })
	if !other.Arrived.IsZero() && (d.Arrived.IsZero() || other.Arrived.Before(d.Arrived)) {
		d.Arrived, d.ArrivedGate, d.ArrivedDay = other.Arrived, other.ArrivedGate, other.ArrivedDay
	}
	d.Listing = unitedListing(keep, other)
	if other.Consent.At.After(d.Consent.At) {
		d.Consent = other.Consent
	}
	d.Answers = keep.Answers.Clone()
	for id, values := range other.Answers {
		if _, answered := d.Answers[id]; !answered {
			if d.Answers == nil {
				d.Answers = form.Answers{}
			}
			d.Answers[id] = values
		}
	}
	if d.Invitation == "" && d.Invited == nil {
		d.Invitation, d.Invited = other.Invitation, other.Invited
	}
	if d.Proposed == nil {
		d.Proposed = other.Proposed
	}
	if d.State == Waiting && other.State == Waiting {
		d.Number = min(d.Number, other.Number)
	}
	return d
}

// unitedListing names the person as far as both registrations agree: who said no in
// one of them has not said yes. One that nobody has given a consent of has no say.
func unitedListing(keep, other Delegate) Listing {
	switch {
	case other.Consent.At.IsZero():
		return keep.Listing
	case keep.Consent.At.IsZero():
		return other.Listing
	}
	l := keep.Listing
	if !other.Listing.Participants.Agrees() {
		l.Participants = Consent{}
	}
	if !other.Listing.Public.Agrees() {
		l.Public = Consent{}
	}
	l.Told = slices.DeleteFunc(slices.Clone(l.Told), func(f event.ListedField) bool { return !slices.Contains(other.Listing.Told, f) })
	return l
}

// takeField takes a field of MergeFields from the other registration.
func takeField(d *Delegate, other Delegate, field string) {
	switch field {
	case "name":
		d.Name = other.Name
	case "latin_name":
		d.LatinName = other.LatinName
	case "organisation":
		d.Organisation = other.Organisation
	case "job_title":
		d.JobTitle = other.JobTitle
	case "place":
		d.City, d.Country = other.City, other.Country
	case "category":
		d.Category = other.Category
	case "email":
		d.Email, d.EmailKey, d.Contact = other.Email, other.EmailKey, other.Contact
	case "language":
		d.Language = other.Language
	case "time_zone":
		d.TimeZone = other.TimeZone
	case "needs":
		d.Needs = other.Needs
	case "state":
		d.Approved, d.Awaits = other.Approved, other.Awaits
		d.State, d.Number, d.OfferEnds, d.Kept, d.KeptUntil = other.State, other.Number, other.OfferEnds, other.Kept, other.KeptUntil
	default:
		if id, ok := strings.CutPrefix(field, form.FieldOf("")); ok && len(other.Answers[id]) > 0 {
			d.Answers[id] = other.Answers[id]
		}
	}
}

// absorb puts the other registration aside, and has what was merged into it earlier
// lead to the one that stays.
func (s *Service) absorb(ctx context.Context, tx *store.Tx, d, other, keep Delegate) error {
	earlier, err := absorptions.List(ctx, tx, store.By("into", other.ID))
	if err != nil {
		return err
	}
	for _, a := range earlier {
		a.Into = d.ID
		if err := absorptions.Put(tx, a); err != nil {
			return err
		}
	}
	a := absorption{
		ID: other.ID, Event: other.Event, Into: d.ID, EmailKey: other.EmailKey, LinkHash: other.LinkHash,
		Was: other, At: s.clock().UTC().Truncate(time.Millisecond), By: audit.By(ctx),
	}
	if d.EmailKey == other.EmailKey {
		a.EmailKey = keep.EmailKey
	}
	// It goes before the one that stays is written, which may take its address.
	return errors.Join(absorptions.Create(tx, a), delegates.Delete(ctx, tx, other.ID))
}

// mergeDelegations leaves one place in a delegation: that of the registration that
// stays, or else the other one's, with its role and its vote, if the person still comes
// for that city.
func (s *Service) mergeDelegations(ctx context.Context, tx *store.Tx, d *Delegate, keep, other Delegate) error {
	voted := false
	if other.InDelegation() {
		of, err := s.delegation(ctx, tx, other.Event, other.City)
		if err != nil {
			return err
		}
		voted = of.Voter == other.ID
		gone := other
		if err := s.forsake(ctx, tx, &gone); err != nil {
			return err
		}
		if keep.InDelegation() { // forsaking may have changed the role or the vote of who stays
			now, err := delegates.Get(ctx, tx, keep.ID)
			if err != nil {
				return err
			}
			d.Role, d.Voter = now.Role, now.Voter
		}
	}
	if keep.InDelegation() && (d.State.Over() || d.City != keep.City) {
		gone := keep
		if err := s.forsake(ctx, tx, &gone); err != nil {
			return err
		}
		d.Role, d.Nominated, d.Voter = "", false, false
	}
	if keep.InDelegation() || !other.InDelegation() || d.State.Over() || d.City != other.City {
		return nil
	}
	r, err := s.roster(ctx, tx, d.Event, d.City)
	if err != nil {
		return err
	}
	if err := r.join(ctx, d, other.Role); err != nil {
		return err
	}
	if voted {
		r.Voter = d.ID
	}
	d.Nominated = keep.Nominated || other.Nominated
	return r.save(ctx)
}

// mergeSeats has two registrations give back what they hold, and one take it again.
func (s *Service) mergeSeats(ctx context.Context, tx *store.Tx, e event.Event, keep, other, d Delegate) error {
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	before := l.Categories[d.Category].Taken
	l.hold(keep, -1)
	l.hold(other, -1)
	l.hold(d, 1)
	if err := l.within(e.Registration, d.Category, before); err != nil {
		return err
	}
	return ledgers.Put(tx, l)
}

// mergeBadges leaves one badge, to whom is confirmed.
func (s *Service) mergeBadges(ctx context.Context, tx *store.Tx, d *Delegate, keep, other Delegate) error {
	if other.Badge != "" {
		if err := s.badges.Revoke(ctx, tx, other.Badge); err != nil {
			return err
		}
	}
	if d.State == keep.State {
		return nil
	}
	if err := s.changeBadge(ctx, tx, d, d.State); err != nil {
		return err
	}
	s.step(ctx, d, d.State, "")
	if d.State != Confirmed {
		return nil
	}
	return s.letter(ctx, tx, d, OccasionBadge)
}
