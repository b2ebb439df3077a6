package delegate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Get returns the registration, or that into which it was merged, or a problem of
// kind NotFound.
func (s *Service) Get(ctx context.Context, id string) (Delegate, error) {
	return s.get(ctx, s.db, id)
}

func (s *Service) get(ctx context.Context, r store.Reader, id string) (Delegate, error) {
	d, err := delegates.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) {
		d, err = s.survivor(ctx, r, id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return d, problem.Wrap(err, problem.NotFound, "problem.delegate_not_found")
	}
	return d, err
}

// Approve confirms a registration that awaits approval, or was declined or
// cancelled.
func (s *Service) Approve(ctx context.Context, id, reason string) (Delegate, error) {
	return s.decide(ctx, id, Confirmed, reason)
}

// Decline refuses a registration. The reason stands in the letter.
func (s *Service) Decline(ctx context.Context, id, reason string) (Delegate, error) {
	return s.decide(ctx, id, Declined, reason)
}

// decide brings a registration into a state for a reason.
func (s *Service) decide(ctx context.Context, id string, to State, reason string) (Delegate, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.State == Unverified && to == Confirmed { // only the address's owner can prove it
			return problem.New(problem.Conflict, "problem.delegate_move", "From", string(d.State), "To", string(to))
		}
		return s.move(ctx, tx, e, d, to, reason)
	})
}

func cleanReason(reason string) (string, error) {
	reason = person.Tidy(reason)
	var faults problem.Form
	if n := utf8.RuneCountInString(reason); n > MaxReason {
		faults.Add("reason", "problem.field.too_long", "Max", MaxReason, "Length", n)
	}
	return reason, faults.Err()
}

// Add puts a confirmed registration into the transaction, without proof of the
// address and without a letter: for people whom the organisers bring in
// themselves. at is when they registered.
func (s *Service) Add(ctx context.Context, tx *store.Tx, e event.Event, typed Form, at time.Time) (Delegate, error) {
	var faults problem.Form
	typed.Consent = true
	form, email, err := s.clean(ctx, e, typed, &faults)
	if err != nil {
		return Delegate{}, err
	}
	if err := faults.Err(); err != nil {
		return Delegate{}, err
	}
	d := s.draft(e, form, email)
	d.Consent, d.Answers = Consent{}, nil
	d.Day = e.DayOf(at)
	to, err := s.seat(ctx, tx, e, &d, Confirmed)
	if err != nil {
		return d, err
	}
	if to != Confirmed {
		return d, problem.New(problem.Conflict, "problem.delegate_full")
	}
	if err := s.changeBadge(ctx, tx, &d, Confirmed); err != nil {
		return d, err
	}
	s.step(ctx, &d, Confirmed, "")
	d.Steps[0].At = at.UTC().Truncate(time.Millisecond)
	d.index()
	if err := delegates.Create(tx, d); err != nil {
		return d, err
	}
	return d, audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.add", Event: e.ID, Subject: Subject(d.ID), To: string(Confirmed),
	})
}

// Arrive notes the first arrival, at the gate, in the transaction. Later ones
// change nothing.
func (s *Service) Arrive(tx *store.Tx, e event.Event, d Delegate, gate string, at time.Time) error {
	if !d.Arrived.IsZero() {
		return nil
	}
	d.arrive(at, e.DayOf(at), gate)
	return delegates.Put(tx, d)
}

// OpenBadge notes that the delegate has looked at their badge. Later times change
// nothing.
func (s *Service) OpenBadge(ctx context.Context, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := s.get(ctx, tx, id)
		if err != nil || !d.BadgeOpened.IsZero() || d.Badge == "" {
			return err
		}
		d.BadgeOpened = s.clock().UTC().Truncate(time.Millisecond)
		return delegates.Put(tx, d)
	})
}

// AtDoor reads a registration for the door.
func (s *Service) AtDoor(ctx context.Context, r store.Reader, id string) (Delegate, error) {
	return s.get(ctx, r, id)
}

// Filter narrows an event's registrations. Empty fields do not; all given ones
// must be met.
type Filter struct {
	Text       string `json:"text,omitempty"` // words: parts of the name, or beginnings of the organisation's or the address's; or an address's beginning (see telling)
	State      State  `json:"state,omitempty"`
	Country    string `json:"country,omitempty"`
	Category   string `json:"category,omitempty"`
	City       string `json:"city,omitempty"`
	Arrived    string `json:"arrived,omitempty"` // "yes" or "no"
	Region     string `json:"region,omitempty"`
	Language   string `json:"language,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Unfinished bool   `json:"unfinished,omitempty"` // see State.Unfinished
	Proposed   bool   `json:"proposed,omitempty"`   // has answers that wait for approval
	Missing    bool   `json:"missing,omitempty"`    // has yet to answer required questions
	Way        Way    `json:"way,omitempty"`
	Role       Role   `json:"role,omitempty"`    // in the delegation of their city
	From       string `json:"from,omitempty"`    // the first day of registration, in the event's zone: YYYY-MM-DD
	To         string `json:"to,omitempty"`      // the last one
	Session    string `json:"session,omitempty"` // the id of one that they signed up for

	Invitation string `json:"invitation,omitempty"` // the id of the one that they came by
	Invited    Answer `json:"invited,omitempty"`    // what they answered; AnyAnswer: everybody who was invited
}

// Empty reports whether the filter narrows nothing.
func (f Filter) Empty() bool { return len(f.terms()) == 0 }

func (f Filter) terms() []store.Term {
	var terms []store.Term
	exact := func(facet, value string) {
		if value != "" {
			terms = append(terms, store.Term{Text: facet + ":" + value})
		}
	}
	exact("state", string(f.State))
	exact("country", f.Country)
	exact("category", f.Category)
	exact("city", f.City)
	exact("arrived", f.Arrived)
	exact("session", f.Session)
	exact("invitation", f.Invitation)
	if f.Invited == AnyAnswer {
		terms = append(terms, store.Term{Text: "invited:", Prefix: true})
	} else {
		exact("invited", string(f.Invited))
	}
	exact("region", f.Region)
	exact("language", f.Language)
	if f.Tag != "" {
		terms = append(terms, store.Term{Text: tagTerm(f.Tag)})
	}
	if f.Unfinished {
		exact("unfinished", "yes")
	}
	if f.Proposed {
		exact("proposed", "yes")
	}
	if f.Missing {
		exact("answers", "missing")
	}
	exact("way", string(f.Way))
	exact("role", string(f.Role))
	if f.From != "" || f.To != "" {
		terms = append(terms, store.Term{Any: daysBetween(f.From, f.To)})
	}
	text := strings.TrimSpace(f.Text)
	if strings.Contains(text, "@") {
		return append(terms, store.Term{Text: "@" + addressStart(text), Prefix: true})
	}
	words := i18n.Tokens(text)
	if text != "" && len(words) == 0 {
		return append(terms, store.Term{Text: "nothing:"}) // signs alone are nobody's name
	}
	for _, word := range telling(words) {
		terms = append(terms, wordTerm(word))
	}
	return terms
}

// wordTerm looks for a word as wordTerms lays it out.
func wordTerm(word string) store.Term {
	if utf8.RuneCountInString(word) < i18n.ShortestPart {
		return store.Term{Text: beginning(word)}
	}
	return store.Term{Text: word, Prefix: true}
}

// maxWords is how many words a search looks for: an engine takes ever longer to plan
// for more, and fewer find anybody.
const maxWords = 10

// telling leaves out words with which others begin, since whoever has those has
// these, and of all that remain the shortest beyond maxWords.
func telling(words []string) []string {
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	var list []string
	for _, word := range words {
		if !slices.ContainsFunc(list, func(longer string) bool { return strings.HasPrefix(longer, word) }) {
			list = append(list, word)
		}
	}
	return list[:min(len(list), maxWords)]
}

// met reports whether a search with the filter finds the registration that is
// indexed under the terms.
func (f Filter) met(indexed []string) bool {
	for _, want := range f.terms() {
		if !slices.ContainsFunc(indexed, want.Met) {
			return false
		}
	}
	return true
}

// addressStart is what was typed of an address, in the form of its key where it
// is complete.
func addressStart(typed string) string {
	if email, ok := person.ParseEmail(typed); ok {
		return email.Key
	}
	return strings.ToLower(typed)
}

// Find lists an event's registrations by name.
func (s *Service) Find(ctx context.Context, event string, f Filter, cursor string, limit int) (store.Page[Delegate], error) {
	return delegates.Find(ctx, s.db, query(event, f).After(cursor).Limit(limit))
}

// Count tells how many registrations the filter meets.
func (s *Service) Count(ctx context.Context, event string, f Filter) (int, error) {
	return delegates.Count(ctx, s.db, query(event, f))
}

func query(event string, f Filter) store.Query {
	if terms := f.terms(); len(terms) > 0 {
		return store.By("search", event).Having(terms...)
	}
	return store.By("name", event)
}

// Each walks through an event's registrations that the filter meets, by name,
// until fn returns an error.
func (s *Service) Each(ctx context.Context, event string, f Filter, fn func(Delegate) error) error {
	for d, err := range delegates.All(ctx, s.db, query(event, f)) {
		if err != nil {
			return err
		}
		if err := fn(d); err != nil {
			return err
		}
	}
	return nil
}

// Counts are an event's registrations in numbers.
type Counts struct {
	States     map[State]int
	Countries  map[string]int // confirmed, by country
	Categories map[string]int // confirmed, by category
	Cities     map[string]int // confirmed, by member city; without those of none
	Days       map[string]int // all, by day of registration
	Arrivals   map[string]int // by day of first arrival
	Arrived    int
}

// Total counts every registration.
func (c Counts) Total() int {
	n := 0
	for _, count := range c.States {
		n += count
	}
	return n
}

// Tally counts an event's registrations, with those that were erased.
func (s *Service) Tally(ctx context.Context, event string) (Counts, error) {
	counts := Counts{States: map[State]int{}}
	states, err := delegates.Tally(ctx, s.db, store.By("state_country", event))
	if err != nil {
		return counts, err
	}
	for state, n := range states {
		counts.States[State(state)] = n
	}
	confirmed := string(Confirmed)
	for _, t := range []struct {
		into *map[string]int
		q    store.Query
	}{
		{&counts.Countries, store.By("state_country", event, confirmed)},
		{&counts.Categories, store.By("state_category", event, confirmed)},
		{&counts.Cities, store.By("state_city", event, confirmed)},
		{&counts.Days, store.By("day", event)},
		{&counts.Arrivals, store.By("arrived", event)},
	} {
		if *t.into, err = delegates.Tally(ctx, s.db, t.q); err != nil {
			return counts, err
		}
	}
	gone, err := remainsOf(ctx, s.db, event)
	if err != nil {
		return counts, err
	}
	counts.add(gone.counts())
	delete(counts.Cities, "")
	delete(counts.Arrivals, "")
	for _, n := range counts.Arrivals {
		counts.Arrived += n
	}
	return counts, nil
}

// CountConfirmed tells how many people are expected.
func (s *Service) CountConfirmed(ctx context.Context, event string) (int, error) {
	return delegates.Count(ctx, s.db, store.By("state_country", event, string(Confirmed)))
}
