package delegate

import (
	"context"
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
	for _, text := range []string{d.Name, d.LatinName} {
		for _, word := range i18n.Words(text) {
			terms = append(terms, namedTerm+word)
		}
	}
	return terms
}

const listedTerm, namedTerm = "listed:", "named:"

// SetListing takes what the delegate agrees to, from now on and with its date; what
// they agreed to before keeps its own. A registration that has ended is a problem of
// kind Conflict, unless they take back.
func (s *Service) SetListing(ctx context.Context, id string, participants, public bool) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, _ event.Event, d *Delegate) error {
		given, withdrawn := d.Listing.set(agreed{participants, public}, s.now())
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

// agreed is what somebody agrees to.
type agreed struct{ participants, public bool }

// agrees is what the form agrees to, of what the event asks.
func (f Form) agrees(e event.Event) agreed {
	return agreed{
		f.ListedParticipants && e.Listing.For != event.ListedForNobody,
		f.ListedPublic && e.Listing.For == event.ListedForAll,
	}
}

// set changes what is agreed to, and names what was given and what was taken back.
func (l *Listing) set(to agreed, now time.Time) (given, withdrawn []string) {
	for _, one := range []struct {
		name string
		have *Consent
		want bool
	}{{"listed_participants", &l.Participants, to.participants}, {"listed_public", &l.Public, to.public}} {
		switch {
		case one.want && !one.have.Agrees():
			*one.have = Consent{Version: ListingVersion, At: now}
			given = append(given, one.name)
		case !one.want && one.have.Agrees():
			*one.have = Consent{}
			withdrawn = append(withdrawn, one.name)
		}
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
		terms = append(terms, store.Term{Text: "country:" + l.Country})
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
