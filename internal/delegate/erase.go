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
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/store"
)

// Person is the registration as other packages find what they keep of its person.
func (d Delegate) Person() personal.Person {
	return personal.Person{ID: d.ID, Event: d.Event, Email: d.Email, EmailKey: d.EmailKey}
}

// Personal is the registration, and what was typed and never proved.
func (s *Service) Personal() personal.Part {
	return personal.Part{
		Name: "registration",
		Holds: []string{
			delegates.Schema().Name, verifications.Schema().Name, drafts.Schema().Name, issued.Schema().Name,
		},
		Export: s.export, Erase: s.erase,
	}
}

// exported is what somebody is handed out of their registration.
type exported struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	LatinName    string           `json:"latin_name,omitempty"`
	Organisation string           `json:"organisation"`
	JobTitle     string           `json:"job_title,omitempty"`
	City         string           `json:"city,omitempty"`
	Country      string           `json:"country"`
	Category     string           `json:"category"`
	Email        string           `json:"email"`
	Contact      string           `json:"registered_by,omitempty"`
	Language     string           `json:"language"`
	TimeZone     string           `json:"time_zone,omitempty"`
	Needs        string           `json:"needs,omitempty"`
	Answers      []exportedAnswer `json:"answers,omitempty"`
	Proposed     []exportedAnswer `json:"answers_not_approved_yet,omitempty"`
	Consent      *Consent         `json:"consent,omitempty"`
	Listed       []Consent        `json:"agreed_to_be_listed,omitempty"` // among participants, to everybody
	ListedWith   []string         `json:"listed_with,omitempty"`         // beside the name
	Role         Role             `json:"role,omitempty"`                // in the delegation of the city
	Voter        bool             `json:"voter,omitempty"`
	State        State            `json:"state"`
	Steps        []exportedStep   `json:"steps"`
	OfferEnds    time.Time        `json:"offer_ends,omitzero"`
	BadgeOpened  time.Time        `json:"badge_opened,omitzero"`
	Arrived      time.Time        `json:"arrived,omitzero"`
	ArrivedGate  string           `json:"arrived_gate,omitempty"`
	Papers       []exportedPaper  `json:"papers,omitempty"`
	Unproved     []exportedTyping `json:"not_proved_yet,omitempty"`

	Begun map[string][]string `json:"begun_and_not_sent,omitempty"`
}

// exportedAnswer is an answer with what was asked. Files stand in a section of their
// own.
type exportedAnswer struct {
	Question string   `json:"question"`
	Answer   []string `json:"answer"`
}

// exportedStep is a step without the name of the organiser who took it.
type exportedStep struct {
	State  State     `json:"state"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// exportedPaper is a paper that was made for the person.
type exportedPaper struct {
	Paper  Paper     `json:"paper"`
	Number string    `json:"number"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
}

// exportedTyping is what was typed under the address and waits for its proof.
type exportedTyping struct {
	Until time.Time `json:"until"`
	Typed Form      `json:"typed"`
}

func (s *Service) export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	d, err := s.get(ctx, r, p.ID)
	if err != nil {
		return nil, err
	}
	set, err := s.forms.Of(ctx, d.Event)
	if err != nil {
		return nil, err
	}
	var proposed form.Answers
	if d.Proposed != nil {
		proposed = d.Proposed.Answers
	}
	all := exported{
		ID: d.ID, Name: d.Name, LatinName: d.LatinName, Organisation: d.Organisation, JobTitle: d.JobTitle, City: d.City,
		Country: d.Country, Category: d.Category, Email: d.Email, Contact: d.Contact, Language: d.Language, TimeZone: d.TimeZone, Needs: d.Needs,
		Answers: exportAnswers(set, d.Answers, d.Language), Proposed: exportAnswers(set, proposed, d.Language),
		Role: d.Role, Voter: d.Voter, State: d.State, OfferEnds: d.OfferEnds, BadgeOpened: d.BadgeOpened, Arrived: d.Arrived, ArrivedGate: d.ArrivedGate,
	}
	if !d.Consent.At.IsZero() {
		all.Consent = &d.Consent
	}
	for _, c := range []Consent{d.Listing.Participants, d.Listing.Public} {
		if c.Agrees() {
			all.Listed = append(all.Listed, c)
		}
	}
	for _, field := range d.Listing.Told {
		all.ListedWith = append(all.ListedWith, string(field))
	}
	for _, step := range d.Steps {
		all.Steps = append(all.Steps, exportedStep{step.State, step.At, step.kind(), step.Reason})
	}
	for v, err := range verifications.All(ctx, r, store.By("delegate", p.ID)) {
		if err != nil {
			return nil, err
		}
		if !v.Used {
			all.Unproved = append(all.Unproved, exportedTyping{v.Ends, v.Form})
		}
	}
	papers, err := papersOf(ctx, r, d.IDs()...)
	if err != nil {
		return nil, err
	}
	for _, i := range papers {
		all.Papers = append(all.Papers, exportedPaper{i.Paper, s.PaperNumber(i), i.Name, i.At})
	}
	all.Begun, err = s.Begun(ctx, d.ID)
	return all, err
}

// exportAnswers tells what was asked in the person's language, in the form's order;
// a question that is no more is told by its id.
func exportAnswers(set form.Set, answers form.Answers, lang string) (list []exportedAnswer) {
	left := answers.Clone()
	for _, q := range set.Questions {
		if values := left[q.ID]; len(values) > 0 && q.Kind != form.File {
			list = append(list, exportedAnswer{q.Label.In(lang), labels(q, values, lang)})
		}
		delete(left, q.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		list = append(list, exportedAnswer{id, left[id]})
	}
	return list
}

// labels tells the options that were chosen by what they are called.
func labels(q form.Question, values []string, lang string) []string {
	list := slices.Clone(values)
	for i, v := range values {
		if o, ok := q.Option(v); ok {
			list[i] = o.Label.In(lang)
		}
	}
	return list
}

// erase ends the registration, frees its place, counts it as one of those that
// were, and removes it.
func (s *Service) erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	if more, err = s.eraseVerifications(ctx, tx, p.ID); err != nil {
		return more, err
	}
	if err := dropDraft(ctx, tx, ownDraft(p.ID)); err != nil {
		return more, err
	}
	if err := erasePapers(ctx, tx, p.ID); err != nil {
		return more, err
	}
	d, err := delegates.Get(ctx, tx, p.ID)
	if errors.Is(err, store.ErrNotFound) { // it was merged into another
		return more, nil
	}
	if err != nil {
		return more, err
	}
	e, err := s.events.Get(ctx, tx, d.Event)
	if err != nil {
		return more, err
	}
	state, err := s.vacate(ctx, tx, e, &d)
	if err != nil {
		return more, err
	}
	if err := s.countErased(ctx, tx, d, state); err != nil {
		return more, err
	}
	if err := s.eraseUsed(ctx, tx, d.Invitation); err != nil {
		return more, err
	}
	return more, delegates.Delete(ctx, tx, d.ID)
}

func (s *Service) eraseVerifications(ctx context.Context, tx *store.Tx, id string) (more bool, err error) {
	page, err := verifications.Find(ctx, tx, store.By("delegate", id))
	if err != nil {
		return false, err
	}
	for _, v := range page.Items {
		set, err := s.forms.Of(ctx, v.Event)
		if err != nil {
			return false, err
		}
		if err := s.forms.Discard(ctx, tx, set.Files(v.Form.Answers)); err != nil {
			return false, err
		}
		if err := verifications.Delete(ctx, tx, v.ID); err != nil {
			return false, err
		}
	}
	return page.Next != "", nil
}

// vacate frees the registration's place, also in its delegation, and returns the state that it counts in from
// now on: its own if it took part or the event is over, otherwise that of one that
// was given up.
func (s *Service) vacate(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate) (State, error) {
	was, over := d.State, Cancelled
	if audit.By(ctx).Kind == "delegate" {
		over = Withdrawn
	}
	if was.Over() || was == Unverified {
		return was, nil
	}
	if _, err := s.seat(ctx, tx, e, d, over); err != nil {
		return was, err
	}
	if err := s.use(ctx, tx, d, over); err != nil {
		return was, err
	}
	if err := s.keepDelegation(ctx, tx, e, d, over); err != nil {
		return was, err
	}
	if err := s.unlinkPassing(ctx, tx, e, *d, over); err != nil {
		return was, err
	}
	if !d.Arrived.IsZero() || e.Phase(s.clock()) == event.Past {
		return was, nil
	}
	return over, nil
}

// unlinkPassing ends the way of a place from or to the person, and takes their name
// from whoever gave them theirs.
func (s *Service) unlinkPassing(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, over State) error {
	giver, err := s.giver(ctx, tx, d)
	if err != nil {
		return err
	}
	from := d.PlaceOf
	d.State = over
	if err := s.endPassing(ctx, tx, e, &d, giver); err != nil || from == "" {
		return err
	}
	g, err := delegates.Get(ctx, tx, from)
	if errors.Is(err, store.ErrNotFound) || err == nil && (g.Passing == nil || g.Passing.To != d.ID) {
		return nil
	}
	if err != nil {
		return err
	}
	passed := *g.Passing
	passed.Name = ""
	g.Passing = &passed
	return delegates.Put(tx, g)
}

// remains counts the registrations of an event that were erased, each number for
// itself, so that nobody is found in them.
type remains struct {
	ID         string         `json:"id"` // the event's
	States     map[State]int  `json:"states"`
	Countries  map[string]int `json:"countries"` // as in Counts
	Categories map[string]int `json:"categories"`
	Cities     map[string]int `json:"cities"`
	Days       map[string]int `json:"days"`
	Arrivals   map[string]int `json:"arrivals"`
}

var erased = store.NewCollection("erased_delegates", func(r remains) string { return r.ID })

func remainsOf(ctx context.Context, r store.Reader, eventID string) (remains, error) {
	all, err := erased.Get(ctx, r, eventID)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	all.ID = eventID
	for _, m := range []*map[string]int{&all.Countries, &all.Categories, &all.Cities, &all.Days, &all.Arrivals} {
		if *m == nil {
			*m = map[string]int{}
		}
	}
	if all.States == nil {
		all.States = map[State]int{}
	}
	return all, err
}

// countErased counts the registration among those that were.
func (s *Service) countErased(ctx context.Context, tx *store.Tx, d Delegate, state State) error {
	all, err := remainsOf(ctx, tx, d.Event)
	if err != nil {
		return err
	}
	all.States[state]++
	all.Days[d.Day]++
	if d.ArrivedDay != "" {
		all.Arrivals[d.ArrivedDay]++
	}
	if state == Confirmed {
		all.Countries[d.Country]++
		all.Categories[d.Category]++
		if d.City != "" {
			all.Cities[d.City]++
		}
	}
	return erased.Put(tx, all)
}

// AddErased counts registrations in the transaction of which nothing else is kept, as
// if they had been erased.
func (s *Service) AddErased(ctx context.Context, tx *store.Tx, eventID string, gone Counts) error {
	all, err := remainsOf(ctx, tx, eventID)
	if err != nil {
		return err
	}
	all.counts().add(gone)
	return erased.Put(tx, all)
}

// counts are what remains as Counts that share its maps.
func (r remains) counts() Counts {
	return Counts{
		States: r.States, Countries: r.Countries, Categories: r.Categories, Cities: r.Cities, Days: r.Days, Arrivals: r.Arrivals,
	}
}

// add counts the others too.
func (c Counts) add(other Counts) {
	for state, n := range other.States {
		c.States[state] += n
	}
	for _, pair := range []struct{ to, from map[string]int }{
		{c.Countries, other.Countries}, {c.Categories, other.Categories}, {c.Cities, other.Cities}, {c.Days, other.Days},
		{c.Arrivals, other.Arrivals},
	} {
		for key, n := range pair.from {
			pair.to[key] += n
		}
	}
}

// Erased counts the event's registrations that were erased.
func (s *Service) Erased(ctx context.Context, eventID string) (int, error) {
	all, err := remainsOf(ctx, s.db, eventID)
	n := 0
	for count := range maps.Values(all.States) {
		n += count
	}
	return n, err
}

// Farewell queues the last letter to somebody who is erased in the transaction. It
// knows no more than the address, and forgets that once it is sent. Nobody gets
// one at an address that was never proved.
func (s *Service) Farewell(ctx context.Context, tx *store.Tx, d Delegate) error {
	if d.State == Unverified || d.Email == "" { // or they came without one
		return nil
	}
	_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID: outbox.ID(OccasionErased, d.ID), Occasion: OccasionErased, Event: d.Event, Language: d.Language,
		To: outbox.Address{Email: d.Email}, Urgent: true, Farewell: true,
	})
	return err
}
