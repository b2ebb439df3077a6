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
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Group is a form for several people that one contact sent. Nobody is registered by it
// before the contact has proved their address: so a stranger cannot have letters sent
// to twenty others.
type Group struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Contact  string    `json:"contact"`
	Email    string    `json:"email"`
	EmailKey string    `json:"email_key"`
	Language string    `json:"language"`
	People   []Form    `json:"people,omitempty"` // until they are registered
	Proved   time.Time `json:"proved,omitzero"`
	Members  []Member  `json:"members,omitempty"` // once they are
	LinkHash string    `json:"link_hash"`
	Ends     time.Time `json:"ends"` // of the link

	Delegates []string `json:"delegates"` // the members'; kept by index
}

// index fills in what the indexes read.
func (g *Group) index() {
	g.Delegates = []string{}
	for _, m := range g.Members {
		g.Delegates = append(g.Delegates, m.Delegate)
	}
}

// Member is one of a group's people who is registered: as the contact typed them, since
// whether somebody had registered before, and as whom, is not theirs to learn.
type Member struct {
	Delegate string `json:"delegate"` // the registration's id
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"` // of their own; empty: the contact looks after it
}

var groups = store.NewCollection("groups", func(g Group) string { return g.ID },
	store.Unique("link", "link_hash"),
	store.On("ends", "ends"),
	store.On("contact", "event", "email_key"),
	store.Each("delegates", "delegates", "event"),
)

// MaxGroup is how many people one form registers.
const MaxGroup = 20

// GroupForm is what a contact types to register several people.
type GroupForm struct {
	Contact string // contact
	Email   string // email
	Shared  Form   // organisation, city, country, category, language, consent
	People  []GroupPerson
}

// GroupPerson is one row of the form. The fields' names end in the row's number, from
// 1: see GroupField. A row in which nothing stands is no person.
type GroupPerson struct{ Name, Email, JobTitle string }

// GroupField is the name of a row's field.
func GroupField(field string, row int) string { return fmt.Sprintf("%s-%d", field, row) }

const linkGroup = "group"

// GroupToken is the token of the group's link.
func (s *Service) GroupToken(g Group) string { return link.Token(s.secret, linkGroup, g.ID, 1) }

// RegisterGroup takes the form and writes to the contact, whose one link registers them
// all. Faults are a problem of kind Invalid, a registration that is not open one of
// kind Gone.
func (s *Service) RegisterGroup(ctx context.Context, e event.Event, typed GroupForm) error {
	return s.registerGroup(ctx, e, Invitation{}, typed)
}

// RegisterGroupBy is RegisterGroup for somebody with an invitation, which
// InvitationByLink returned: everybody in the group uses it once. That it has too few
// uses left, or is for one person, is a fault of the field code.
func (s *Service) RegisterGroupBy(ctx context.Context, e event.Event, i Invitation, typed GroupForm) error {
	if err := i.check(s.clock()); err != nil {
		return err
	}
	return s.registerGroup(ctx, e, i, typed)
}

func (s *Service) registerGroup(ctx context.Context, e event.Event, i Invitation, typed GroupForm) error {
	if e.RegistrationState(s.clock()) != event.RegistrationOpen {
		return problem.New(problem.Gone, "problem.registration_closed")
	}
	g, err := s.cleanGroup(ctx, e, i, typed)
	if err != nil {
		return err
	}
	g.ID, g.Event, g.Ends = store.NewID(), e.ID, s.now().Add(VerifyLife)
	g.LinkHash = link.Hash(s.GroupToken(g))
	return s.db.Update(ctx, func(tx *store.Tx) error {
		text, err := s.consents.Agreed(ctx, tx, e, typed.Shared.Agreed, g.Language)
		if err != nil {
			return err
		}
		for i := range g.People {
			g.People[i].Agreed = text.ID
		}
		g.index()
		if err := groups.Create(tx, g); err != nil {
			return err
		}
		return s.askContact(ctx, tx, g)
	})
}

// askContact writes to the contact to prove their address.
func (s *Service) askContact(ctx context.Context, tx *store.Tx, g Group) error {
	_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID:       outbox.ID(OccasionGroup, g.ID, s.clock().UTC().Format("20060102T150405.000")),
		Occasion: OccasionGroup, Event: g.Event, Language: g.Language,
		To: outbox.Address{Email: g.Email}, Urgent: true, Data: map[string]string{"group_form": g.ID},
	})
	return err
}

// askAgain gives the contact's groups that are not proved their link for another while.
func (s *Service) askAgain(ctx context.Context, tx *store.Tx, e event.Event, email person.Email) error {
	sent, err := groups.Find(ctx, tx, store.By("contact", e.ID, email.Key).Limit(maxUnder))
	if err != nil {
		return err
	}
	for _, g := range sent.Items {
		if !g.Proved.IsZero() {
			continue
		}
		g.Ends = s.now().Add(VerifyLife)
		if err := groups.Put(tx, g); err != nil {
			return err
		}
		if err := s.askContact(ctx, tx, g); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) cleanGroup(ctx context.Context, e event.Event, i Invitation, typed GroupForm) (Group, error) {
	var faults problem.Form
	shared := i.prefer(typed.Shared)
	shared.Behalf, shared.Contact, shared.Email, shared.Name = true, typed.Contact, typed.Email, "A" // each row has its own name
	shared, email, err := s.clean(ctx, e, shared, &faults)
	if err != nil {
		return Group{}, err
	}
	if c, ok := e.Category(shared.Category); ok && !slices.ContainsFunc(i.Offered(e, s.clock()), c.Same) {
		faults.Add("category", "problem.field.category_closed")
	}
	g := Group{Contact: shared.Contact, Email: email.Text, EmailKey: email.Key, Language: shared.Language}
	seen := map[string]bool{}
	for n, row := range typed.People {
		if strings.TrimSpace(row.Name+row.Email+row.JobTitle) == "" {
			continue
		}
		f, err := s.cleanRow(ctx, shared, row, n+1, &faults)
		if err != nil {
			return g, err
		}
		if key := keyOf(f, parsed(f.Email)); seen[key] {
			faults.Add(GroupField("name", n+1), "problem.group_twice")
		} else {
			seen[key] = true
		}
		g.People = append(g.People, f)
	}
	if len(g.People) == 0 {
		faults.Add(GroupField("name", 1), "problem.field.required")
	}
	if len(g.People) > MaxGroup {
		faults.Add(GroupField("name", MaxGroup+1), "problem.group_many", "Max", MaxGroup)
	}
	switch left := i.Uses - i.Used; {
	case i.EmailKey != "":
		faults.Add("code", "problem.invitation_single")
	case i.Uses > 0 && len(g.People) > left:
		faults.Add("code", "problem.invitation_few", "Left", left)
	}
	return g, faults.Err()
}

// cleanRow checks one row. Who has an address registers by it, with the contact's name
// beside them only for who invited them.
func (s *Service) cleanRow(ctx context.Context, shared Form, row GroupPerson, n int, faults *problem.Form) (Form, error) {
	var own problem.Form
	f := shared
	f.Name, f.JobTitle = row.Name, row.JobTitle
	f, err := s.cleanDetails(ctx, f, &own)
	for _, fault := range own.Fields() {
		if fault.Name == "name" || fault.Name == "job_title" { // the others are told beside what is shared
			faults.Add(GroupField(fault.Name, n), fault.Key, fault.Args...)
		}
	}
	if strings.TrimSpace(row.Email) == "" {
		return f, err
	}
	email, ok := person.ParseEmail(row.Email)
	if !ok {
		faults.Add(GroupField("email", n), "problem.field.email")
	}
	f.Email, f.Behalf = email.Text, false
	return f, err
}

func parsed(address string) person.Email {
	email, _ := person.ParseEmail(address)
	return email
}

// GroupByLink returns the group whose link the token is; the link goes on to show what
// became of everybody. One that was not used within its 48 hours is a problem of kind
// Gone, and the group comes with it.
func (s *Service) GroupByLink(ctx context.Context, token string) (Group, error) {
	return s.groupByLink(ctx, s.db, token)
}

func (s *Service) groupByLink(ctx context.Context, r store.Reader, token string) (Group, error) {
	g, err := groups.First(ctx, r, store.By("link", link.Hash(token)))
	if errors.Is(err, store.ErrNotFound) {
		return g, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	if err == nil && !s.clock().Before(g.Ends) {
		err = problem.New(problem.Gone, "problem.link_expired")
	}
	return g, err
}

// GroupByID returns the group, or a problem of kind NotFound.
func (s *Service) GroupByID(ctx context.Context, id string) (Group, error) {
	g, err := groups.Get(ctx, s.db, id)
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	return g, err
}

// ProveGroup registers everybody in the group, once its contact has used the link.
// Who has an address of their own is invited, and finishes their part; who has none is
// registered on behalf, and invited by way of the contact where the event asks more
// than the form did. Used again it changes nothing. An invitation that does not hold
// for all of them any more is a problem of kind Gone.
func (s *Service) ProveGroup(ctx context.Context, token string) (g Group, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if g, err = s.groupByLink(ctx, tx, token); err != nil || !g.Proved.IsZero() {
			return err
		}
		e, err := s.events.Get(ctx, tx, g.Event)
		if err != nil {
			return err
		}
		if e.RegistrationState(s.clock()) != event.RegistrationOpen {
			return problem.New(problem.Gone, "problem.registration_closed")
		}
		for _, f := range g.People {
			member, err := s.registerMember(ctx, tx, e, g, f)
			if err != nil {
				return err
			}
			g.Members = append(g.Members, member)
		}
		g.Proved, g.People = s.now(), nil
		g.Ends = e.Over().AddDate(0, 1, 0).UTC() // what became of them can be seen until then
		g.index()
		return groups.Put(tx, g)
	})
	return g, err
}

func (s *Service) registerMember(ctx context.Context, tx *store.Tx, e event.Event, g Group, f Form) (Member, error) {
	ctx = audit.As(ctx, audit.Actor{Kind: "contact", ID: g.ID})
	complete, err := s.complete(ctx, e, f)
	if err != nil {
		return Member{}, err
	}
	var d Delegate
	member := Member{Name: f.Name}
	if !f.Behalf {
		member.Email = f.Email
	}
	if f.Behalf && complete {
		d, err = s.addProved(ctx, tx, e, f)
	} else {
		d, err = s.enrol(ctx, tx, e, g, f)
	}
	member.Delegate = d.ID
	if problem.KindOf(err) == problem.Conflict && d.ID != "" { // registered already: told to them alone
		return member, s.letter(ctx, tx, &d, OccasionKnown)
	}
	return member, err
}

// enrol invites one of the group's people to finish their part. An invitation by which
// the group comes is used for them already, so that it cannot be gone by then.
func (s *Service) enrol(ctx context.Context, tx *store.Tx, e event.Event, g Group, f Form) (Delegate, error) {
	d, err := s.Invite(ctx, tx, e, f, OccasionEnrolled, func(d *Delegate) { d.Invited.By = g.Contact })
	if err != nil || f.Invitation == "" {
		return d, err
	}
	i, err := s.comeBy(ctx, tx, e, &d, f)
	if err != nil {
		return d, err
	}
	d.Approved = i.Approved
	d.index()
	return d, delegates.Put(tx, d)
}

// complete reports whether the form answers all that the event asks.
func (s *Service) complete(ctx context.Context, e event.Event, f Form) (bool, error) {
	var faults problem.Form
	_, err := s.cleanAnswers(ctx, e, f, nil, &faults)
	return faults.Err() == nil, err
}

// addProved registers somebody whose contact's address is proved.
func (s *Service) addProved(ctx context.Context, tx *store.Tx, e event.Event, f Form) (Delegate, error) {
	fresh := s.draft(e, f, parsed(f.Email))
	d, err := delegates.First(ctx, tx, store.By("email", e.ID, fresh.EmailKey))
	known := err == nil
	switch {
	case errors.Is(err, store.ErrNotFound):
		d = fresh
		s.step(ctx, &d, Unverified, "")
	case err != nil:
		return d, err
	case !d.State.unproved():
		return d, problem.New(problem.Conflict, "problem.delegate_registered")
	}
	i, err := s.comeBy(ctx, tx, e, &d, f)
	if err != nil {
		return d, err
	}
	f.apply(&d)
	d.Category, d.Approved = f.Category, i.Approved
	if err := s.agree(ctx, tx, e, &d, f); err != nil {
		return d, err
	}
	if err := s.proved(ctx, tx, e, &d); err != nil {
		return d, err
	}
	d.index()
	if known {
		return d, delegates.Put(tx, d)
	}
	return d, delegates.Create(tx, d)
}

// purgeGroups removes groups whose links have long expired, a thousand at most.
func (s *Service) purgeGroups(ctx context.Context) (int, error) {
	page, err := groups.Find(ctx, s.db, store.By("ends").Between(nil, s.clock().Add(-verifyKept)).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		for _, g := range page.Items {
			if err := s.forgetGroup(ctx, tx, g); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(page.Items), err
}
