package delegate

import (
	"context"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// Listing is how far somebody agreed to stand in the list of participants. A Consent
// without a version is none.
type Listing struct {
	Participants Consent `json:"participants,omitzero"` // those who take part may read it
	Public       Consent `json:"public,omitzero"`       // everybody may

	// Told is what the list was to tell beside the name when they agreed last: it tells
	// no more of them, also when the organisers have it tell more of others.
	Told []event.ListedField `json:"told,omitempty"`
}

// Agrees reports whether the person agreed to stand in any list.
func (l Listing) Agrees() bool { return l.Participants.Agrees() || l.Public.Agrees() }

// Tells lists what the event's list may tell of the person beside the name.
func (l Listing) Tells(e event.Event) []event.ListedField {
	return slices.DeleteFunc(slices.Clone(e.Listing.Fields), func(f event.ListedField) bool { return !slices.Contains(l.Told, f) })
}

// Agrees reports whether it was given.
func (c Consent) Agrees() bool { return c.Version != "" }

// listed is how the indexes know who stands in the list: only who takes part and
// agreed. Whoever agreed to be named to everybody is named to participants too.
func (d Delegate) listed() string {
	switch {
	case d.State != Confirmed:
		return ""
	case d.Listing.Public.Agrees():
		return listedPublic
	case d.Listing.Participants.Agrees():
		return listedParticipants
	}
	return ""
}

const listedPublic, listedParticipants = "public", "participants"

// listedTerms are what the list is searched by: the name, and nothing that it may not
// tell.
func (d Delegate) listedTerms() []string {
	listed := d.listed()
	if listed == "" {
		return nil
	}
	terms := []string{listedTerm + listedParticipants}
	if listed == listedPublic {
		terms = append(terms, listedTerm+listedPublic)
	}
	if slices.Contains(d.Listing.Told, event.ListedCountry) {
		terms = append(terms, listedFromTerm+d.Country)
	}
	for _, text := range []string{d.Name, d.LatinName} {
		for _, word := range i18n.Words(text) {
			terms = append(terms, namedTerm+word)
		}
	}
	return terms
}

const listedTerm, listedFromTerm, namedTerm = "listed:", "listed_from:", "named:"

// SetListing takes what the delegate agrees to, from now on and with its date; what
// they agreed to before keeps its own, unless the list is to tell more of them. A
// registration that has ended is a problem of kind Conflict, unless they take back.
func (s *Service) SetListing(ctx context.Context, id string, to Agreement) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, _ event.Event, d *Delegate) error {
		given, withdrawn := d.Listing.set(to, s.now())
		if len(given) > 0 && d.State.Over() {
			return problem.New(problem.Conflict, "problem.delegate_over")
		}
		for action, fields := range map[string][]string{"delegate.list": given, "delegate.unlist": withdrawn} {
			if len(fields) == 0 {
				continue
			}
			entry := audit.Entry{At: s.clock(), Action: action, Event: d.Event, Subject: Subject(d.ID), Fields: fields}
			if err := audit.Record(ctx, tx, entry); err != nil {
				return err
			}
		}
		return nil
	})
}

// Agreement is what somebody agrees to: who may read that they take part, and what
// they were shown that the list tells of them.
type Agreement struct {
	Participants, Public bool
	Told                 []event.ListedField
}

// agrees is what the form agrees to, of what the event asks.
func (f Form) agrees(e event.Event) Agreement {
	return Agreement{
		f.ListedParticipants && e.Listing.For != event.ListedForNobody,
		f.ListedPublic && e.Listing.For == event.ListedForAll,
		f.ListedTold,
	}
}

// set changes what is agreed to, and names what was given and what was taken back.
func (l *Listing) set(to Agreement, now time.Time) (given, withdrawn []string) {
	more := slices.ContainsFunc(to.Told, func(f event.ListedField) bool { return !slices.Contains(l.Told, f) })
	for _, one := range []struct {
		name string
		have *Consent
		want bool
	}{{"listed_participants", &l.Participants, to.Participants}, {"listed_public", &l.Public, to.Public}} {
		switch {
		case one.want && (more || !one.have.Agrees()):
			*one.have = Consent{Version: ListingVersion, At: now}
			given = append(given, one.name)
		case !one.want && one.have.Agrees():
			*one.have = Consent{}
			withdrawn = append(withdrawn, one.name)
		}
	}
	if l.Told = nil; l.Agrees() {
		l.Told = to.Told
	}
	return given, withdrawn
}

// ListingVersion names the text that people agree to when they let themselves be named
// in the list of participants.
const ListingVersion = "2026-11"

// Listed narrows the list of participants.
type Listed struct {
	Public  bool   // what everybody may read; false: what participants may
	Text    string // words, each the beginning of one of the name
	Country string
}

// Listed lists by name who takes part in the event and agreed to be named.
func (s *Service) Listed(ctx context.Context, event string, l Listed, cursor string, limit int) (store.Page[Delegate], error) {
	terms := []store.Term{{Text: listedTerm + listedParticipants}}
	if l.Public {
		terms[0].Text = listedTerm + listedPublic
	}
	if l.Country != "" {
		terms = append(terms, store.Term{Text: listedFromTerm + l.Country})
	}
	words := i18n.Tokens(l.Text)
	if l.Text != "" && len(words) == 0 {
		words = []string{":"} // signs alone are nobody's name
	}
	for _, word := range telling(words) {
		terms = append(terms, store.Term{Text: namedTerm + word, Prefix: true})
	}
	return delegates.Find(ctx, s.db, store.By("search", event).Having(terms...).After(cursor).Limit(limit))
}

// ListedCountries counts, by country, those whom the whole list names.
func (s *Service) ListedCountries(ctx context.Context, event string, public bool) (map[string]int, error) {
	counts, err := delegates.Tally(ctx, s.db, store.By("listed", event, listedPublic))
	if err != nil || public {
		return counts, err
	}
	more, err := delegates.Tally(ctx, s.db, store.By("listed", event, listedParticipants))
	for country, n := range more {
		counts[country] += n
	}
	return counts, err
}
