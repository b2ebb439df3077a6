package delegate

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Role is what somebody is in the delegation of their city.
type Role string

// The roles in a delegation. It has one head at most.
const (
	RoleHead    Role = "head"
	RoleDeputy  Role = "deputy"
	RoleMember  Role = "member"
	RoleAdviser Role = "adviser"
)

// Roles lists every role, the head first.
var Roles = []Role{RoleHead, RoleDeputy, RoleMember, RoleAdviser}

// Delegation is what a member city sends to an event. It counts its people: whoever
// enters or leaves it writes it in the same commit, so two cannot take the last
// place, nor be its head.
type Delegation struct {
	ID    string `json:"id"` // event/city
	Event string `json:"event"`
	City  string `json:"city"`
	Own   *int   `json:"own,omitempty"`   // how many the city may nominate; nil: as many as any other
	Taken int    `json:"taken"`           // how many are in it
	Head  string `json:"head,omitempty"`  // a delegate's id
	Voter string `json:"voter,omitempty"` // to whom the vote was handed; empty: the head has it
}

var delegations = store.NewCollection("delegations", func(d Delegation) string { return d.ID }, store.On("event", "event", "city"))

// Quota is how many the city may nominate.
func (d Delegation) Quota(e event.Event) int {
	if d.Own != nil {
		return *d.Own
	}
	return e.Registration.Delegation
}

// Left is how many more the city may nominate.
func (d Delegation) Left(e event.Event) int { return max(0, d.Quota(e)-d.Taken) }

// votes is the id of whoever votes for the city; empty while nobody does.
func (d Delegation) votes() string { return cmp.Or(d.Voter, d.Head) }

// InDelegation reports whether the person is in the delegation of their city: who
// has ended the registration no longer is, though the role tells what they were.
func (d Delegate) InDelegation() bool { return d.Role != "" && !d.State.Over() }

// Delegation returns the city's for the event. One that nobody was nominated for is
// empty.
func (s *Service) Delegation(ctx context.Context, e event.Event, city string) (Delegation, error) {
	return s.delegation(ctx, s.db, e.ID, city)
}

func (s *Service) delegation(ctx context.Context, r store.Reader, eventID, city string) (Delegation, error) {
	d, err := delegations.Get(ctx, r, delegationID(eventID, city))
	if errors.Is(err, store.ErrNotFound) {
		return Delegation{ID: delegationID(eventID, city), Event: eventID, City: city}, nil
	}
	return d, err
}

func delegationID(eventID, city string) string { return eventID + "/" + city }

// Delegations lists those of the event that somebody was nominated for, or that have
// a quota of their own.
func (s *Service) Delegations(ctx context.Context, eventID string) ([]Delegation, error) {
	return delegations.List(ctx, s.db, store.By("event", eventID))
}

// Members lists who is, or was, in the city's delegation: by role, and those who
// ended last.
func (s *Service) Members(ctx context.Context, eventID, city string) ([]Delegate, error) {
	list, err := delegates.List(ctx, s.db, store.By("search", eventID).Having(store.Term{Text: delegationTerm(city)}))
	slices.SortStableFunc(list, func(a, b Delegate) int {
		if a.State.Over() != b.State.Over() {
			if a.State.Over() {
				return 1
			}
			return -1
		}
		return cmp.Compare(slices.Index(Roles, a.Role), slices.Index(Roles, b.Role))
	})
	return list, err
}

// EachMember walks through everybody who is, or was, in a delegation to the event,
// by name.
func (s *Service) EachMember(ctx context.Context, eventID string, fn func(Delegate)) error {
	q := store.By("search", eventID).Having(store.Term{Text: delegationTerm(""), Prefix: true})
	for d, err := range delegates.All(ctx, s.db, q) {
		if err != nil {
			return err
		}
		fn(d)
	}
	return nil
}

func delegationTerm(city string) string { return "delegation:" + city }

// EntitledVoter returns who votes for the city: the head of its delegation, or
// whoever the vote was handed to. It is one person or nobody; only somebody whose
// registration is confirmed counts. Nobody is a problem of kind NotFound. Read in a
// transaction, the answer holds until it commits.
func (s *Service) EntitledVoter(ctx context.Context, r store.Reader, eventID, city string) (Delegate, error) {
	none := problem.New(problem.NotFound, "problem.no_voter")
	of, err := s.delegation(ctx, r, eventID, city)
	if err != nil || of.votes() == "" {
		return Delegate{}, cmp.Or[error](err, none)
	}
	d, err := s.get(ctx, r, of.votes())
	if err == nil && d.State != Confirmed {
		return Delegate{}, none
	}
	return d, err
}

// Voters lists who may vote at the event: one person at most for each member city,
// the same as EntitledVoter names, sorted by city.
func (s *Service) Voters(ctx context.Context, eventID string) ([]Delegate, error) {
	q := store.By("search", eventID).Having(store.Term{Text: voterTerm}, store.Term{Text: "state:" + string(Confirmed)})
	list, err := delegates.List(ctx, s.db, q)
	slices.SortFunc(list, func(a, b Delegate) int { return cmp.Compare(a.City, b.City) })
	return list, err
}

const voterTerm = "voter:yes"

// LimitDelegation gives the city a quota of its own; nothing typed gives it that of
// every city. Who was nominated stays so. A problem of kind Invalid names the field
// quota.
func (s *Service) LimitDelegation(ctx context.Context, e event.Event, city, typed string) error {
	var faults problem.Form
	n, given := event.DelegationSize("quota", typed, &faults)
	if err := faults.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := s.delegation(ctx, tx, e.ID, city)
		if err != nil {
			return err
		}
		if d.Own = nil; given {
			d.Own = &n
		}
		if err := delegations.Put(tx, d); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: "delegation.limit", Event: e.ID, Subject: SubjectDelegation(city), To: typed})
	})
}

// SubjectDelegation names a city's delegation in the audit trail.
func SubjectDelegation(city string) string { return "delegation/" + city }

// roster is a delegation while a transaction changes it, with those of its people
// whom the change touches.
type roster struct {
	Delegation
	s       *Service
	tx      *store.Tx
	before  string // who had the vote
	touched map[string]*Delegate
}

func (s *Service) roster(ctx context.Context, tx *store.Tx, eventID, city string) (*roster, error) {
	d, err := s.delegation(ctx, tx, eventID, city)
	return &roster{Delegation: d, s: s, tx: tx, before: d.votes(), touched: map[string]*Delegate{}}, err
}

// hold takes the person as the caller has changed them already.
func (r *roster) hold(d *Delegate) { r.touched[d.ID] = d }

// person returns somebody of the delegation, to be changed.
func (r *roster) person(ctx context.Context, id string) (*Delegate, error) {
	if d, ok := r.touched[id]; ok {
		return d, nil
	}
	d, err := r.s.get(ctx, r.tx, id)
	r.touched[id] = &d
	return &d, err
}

// join takes the person into the delegation. That there is a place is for the caller
// to see.
func (r *roster) join(ctx context.Context, d *Delegate, role Role) error {
	r.hold(d)
	r.Taken++
	return r.give(ctx, d, role)
}

// leave takes them out. The vote goes back to the head if they had it.
func (r *roster) leave(d *Delegate) {
	r.hold(d)
	r.Taken--
	if r.Head == d.ID {
		r.Head = ""
	}
	if r.Voter == d.ID {
		r.Voter = ""
	}
}

// give gives somebody of the delegation a role. Who was its head until then becomes
// a member.
func (r *roster) give(ctx context.Context, d *Delegate, role Role) error {
	switch {
	case role == RoleHead && r.Head != "" && r.Head != d.ID:
		head, err := r.person(ctx, r.Head)
		if err != nil {
			return err
		}
		head.Role, r.Head = RoleMember, d.ID
	case role == RoleHead:
		r.Head = d.ID
	case r.Head == d.ID:
		r.Head = ""
	}
	d.Role = role
	return nil
}

// save marks who votes, and writes the delegation and all whom the change touched.
func (r *roster) save(ctx context.Context) error {
	now := r.votes()
	for _, id := range []string{r.before, now} {
		if id == "" {
			continue
		}
		d, err := r.person(ctx, id)
		if err != nil {
			return err
		}
		d.Voter = id == now
	}
	for _, d := range r.touched {
		d.index()
		if err := delegates.Put(r.tx, *d); err != nil {
			return err
		}
	}
	return delegations.Put(r.tx, r.Delegation)
}

// keepDelegation frees the place in the delegation of somebody whose registration
// ends, and gives them one anew when it begins again: if there still is one, and as a
// member where somebody else has become its head.
func (s *Service) keepDelegation(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to State) error {
	if d.Role == "" || d.State.Over() == to.Over() {
		return nil
	}
	r, err := s.roster(ctx, tx, e.ID, d.City)
	if err != nil {
		return err
	}
	switch {
	case to.Over():
		r.leave(d)
	case r.Left(e) == 0:
		d.Role, d.Nominated = "", false
		return nil
	default:
		role := d.Role
		if role == RoleHead && r.Head != "" {
			role = RoleMember
		}
		if err := r.join(ctx, d, role); err != nil {
			return err
		}
	}
	return r.save(ctx)
}

// forsake takes somebody out of the delegation who goes on taking part.
func (s *Service) forsake(ctx context.Context, tx *store.Tx, d *Delegate) error {
	r, err := s.roster(ctx, tx, d.Event, d.City)
	if err != nil {
		return err
	}
	r.leave(d)
	d.Role, d.Nominated = "", false
	return r.save(ctx)
}
