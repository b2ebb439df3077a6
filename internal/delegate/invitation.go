package delegate

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Invitation lets people register by a link or a code: for a category, a city, a
// person, or any of these together. What it does not name, they choose themselves.
type Invitation struct {
	ID    string `json:"id"`
	Event string `json:"event"`
	Note  string `json:"note,omitempty"` // for the desk alone

	Name     string `json:"name,omitempty"` // of whom it is for; filled in for them
	Email    string `json:"email,omitempty"`
	EmailKey string `json:"email_key"` // nobody else can use it; empty: anybody can
	Category string `json:"category,omitempty"`
	City     string `json:"city,omitempty"` // a member city's id
	Beyond   bool   `json:"beyond,omitzero"`
	Approved bool   `json:"approved,omitzero"` // whoever comes by it needs no approval

	Uses int       `json:"uses,omitzero"` // how many may come by it; 0: as many as like
	Used int       `json:"used,omitzero"` // how many do
	Ends time.Time `json:"ends,omitzero"` // zero: with the registration

	Made    time.Time `json:"made"`
	By      string    `json:"by,omitempty"` // who made it
	Revoked time.Time `json:"revoked,omitzero"`

	// What the person for whom it is says to it. One that many share has no answer.
	Answer   Answer    `json:"answer"`
	Answered time.Time `json:"answered,omitzero"`
	Reason   string    `json:"reason,omitempty"` // why they declined

	// The link and the code: hashes, as a Delegate's. A serial that rises makes new
	// ones and kills the old.
	LinkHash string `json:"link_hash"`
	CodeHash string `json:"code_hash"`
	Serial   int    `json:"serial"`
}

var invitations = store.NewCollection("invitations", func(i Invitation) string { return i.ID },
	store.Unique("link", "link_hash"),
	store.Unique("code", "code_hash"),
	store.On("event", "event", "made"),
	store.On("email", "event", "email_key"),
	store.On("answer", "event", "answer"),
)

// linkInvitation is the kind of an invitation's link and code.
const linkInvitation = "invitation"

// InvitationToken is the token of the invitation's link.
func (s *Service) InvitationToken(i Invitation) string {
	return link.Token(s.secret, linkInvitation, i.ID, i.Serial)
}

// InvitationCode is the invitation's code.
func (s *Service) InvitationCode(i Invitation) string {
	return link.Code(s.secret, linkInvitation, i.ID, i.Serial)
}

// renew gives the invitation a link and a code that nobody has had.
func (s *Service) renew(i *Invitation) {
	i.Serial++
	i.LinkHash = link.Hash(s.InvitationToken(*i))
	i.CodeHash = link.HashCode(s.secret, s.InvitationCode(*i))
}

// Standing is whether an invitation can be used.
type Standing string

// The standings of an invitation.
const (
	InvitationOpen    Standing = "open"
	InvitationUsedUp  Standing = "used_up"
	InvitationExpired Standing = "expired"
	InvitationRevoked Standing = "revoked"
	InvitationRefused Standing = "declined" // by the person for whom it is
)

// Standing tells whether the invitation can be used at the instant.
func (i Invitation) Standing(now time.Time) Standing {
	switch {
	case !i.Revoked.IsZero():
		return InvitationRevoked
	case i.Answer == Refused:
		return InvitationRefused
	case !i.Ends.IsZero() && !now.Before(i.Ends):
		return InvitationExpired
	case i.Uses > 0 && i.Used >= i.Uses:
		return InvitationUsedUp
	}
	return InvitationOpen
}

// check returns a problem of kind Gone if the invitation cannot be used.
func (i Invitation) check(now time.Time) error {
	switch i.Standing(now) {
	case InvitationUsedUp:
		return problem.New(problem.Gone, "problem.invitation_used_up")
	case InvitationExpired:
		return problem.New(problem.Gone, "problem.invitation_expired")
	case InvitationRevoked:
		return problem.New(problem.Gone, "problem.invitation_revoked")
	case InvitationRefused:
		return problem.New(problem.Gone, "problem.invitation_declined")
	}
	return nil
}

// Offered lists the categories of which somebody with the invitation may choose: those
// that it is meant for and that are open.
func (i Invitation) Offered(e event.Event, now time.Time) []event.Category {
	return slices.DeleteFunc(i.MeantFor(e), func(c event.Category) bool { return e.Open(c, now) != event.RegistrationOpen })
}

// MeantFor lists the categories to which the invitation may lead, whenever they open:
// the one that it names, whatever it takes to be in it; else those that everybody may
// choose, and, with an invitation that goes beyond them, those that take invitations.
func (i Invitation) MeantFor(e event.Event) []event.Category {
	var list []event.Category
	for _, c := range e.Categories() {
		if c.ID == i.Category || i.Category == "" && (c.ToAll() || i.Beyond && c.Seen != event.SeenByDesk) {
			list = append(list, c)
		}
	}
	return list
}

// prefer puts in what the invitation decides.
func (i Invitation) prefer(f Form) Form {
	if i.Category != "" {
		f.Category = i.Category
	}
	if i.City != "" {
		f.City = i.City
	}
	f.Invitation, f.InvitationSerial = i.ID, i.Serial
	return f
}

// InvitationByLink returns the invitation whose link the token is. One that is not
// known, since it was revoked or renewed, is a problem of kind NotFound; one that is
// used up, was declined or has expired one of kind Gone, and comes with it.
func (s *Service) InvitationByLink(ctx context.Context, token string) (Invitation, error) {
	return s.invitationBy(ctx, store.By("link", link.Hash(token)), "problem.invitation_unknown")
}

// InvitationByCode returns the event's invitation of the code, as InvitationByLink
// does. Whoever lets strangers try limits how often.
func (s *Service) InvitationByCode(ctx context.Context, e event.Event, code string) (Invitation, error) {
	i, err := s.invitationBy(ctx, store.By("code", link.HashCode(s.secret, code)), "problem.invitation_code")
	if i.Event != e.ID && i.ID != "" { // as good as none
		return Invitation{}, problem.New(problem.NotFound, "problem.invitation_code")
	}
	return i, err
}

func (s *Service) invitationBy(ctx context.Context, q store.Query, unknown string) (Invitation, error) {
	i, err := invitations.First(ctx, s.db, q)
	if errors.Is(err, store.ErrNotFound) {
		return i, problem.Wrap(err, problem.NotFound, unknown)
	}
	if err != nil {
		return i, err
	}
	return i, i.check(s.clock())
}

// Invitation returns the event's invitation with the id, or a problem of kind
// NotFound.
func (s *Service) Invitation(ctx context.Context, e event.Event, id string) (Invitation, error) {
	return s.invitation(ctx, s.db, e, id)
}

func (s *Service) invitation(ctx context.Context, r store.Reader, e event.Event, id string) (Invitation, error) {
	i, err := invitations.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.Event != e.ID {
		return Invitation{}, problem.New(problem.NotFound, "problem.invitation_unknown")
	}
	return i, err
}

// Invitations lists the event's, the newest first.
func (s *Service) Invitations(ctx context.Context, e event.Event, cursor string, limit int) (store.Page[Invitation], error) {
	return invitations.Find(ctx, s.db, store.By("event", e.ID).Backwards().After(cursor).Limit(limit))
}

// EachInvitation walks through the event's invitations, the newest first, until fn
// returns an error.
func (s *Service) EachInvitation(ctx context.Context, e event.Event, fn func(Invitation) error) error {
	for i, err := range invitations.All(ctx, s.db, store.By("event", e.ID).Backwards()) {
		if err != nil {
			return err
		}
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}

// TypedInvitation is an invitation as an organiser types it. Fields have the names of
// the form's inputs.
type TypedInvitation struct {
	Note, Name, Email, Category, City string
	Beyond, Approved                  bool
	Uses                              string // empty: no limit
	Ends                              string // a day in the event's zone, its last; empty: none

	// ID is that of a new one, by which a form that is sent twice makes one; empty: any.
	ID string
}

// MaxUses is how many may come by an invitation at most, if that is limited.
const MaxUses = 100_000

// ChangeInvitation changes the invitation with the id. What is typed is told by typing,
// which is called within the transaction with the invitation as it is now, perhaps
// several times; its error ends the change. One that is for somebody or something else
// now has a new link and a new code: the old ones would bring people what nobody
// promised them. Faults are a problem of kind Invalid.
func (s *Service) ChangeInvitation(ctx context.Context, e event.Event, id string, typing func(now Invitation) (TypedInvitation, error)) (Invitation, error) {
	return s.changeInvitation(ctx, e, id, "invitation.change", func(i *Invitation) error {
		before := *i
		typed, err := typing(before)
		if err != nil {
			return err
		}
		clean, err := s.cleanInvitationForm(ctx, e, typed)
		if err != nil {
			return err
		}
		i.Note, i.Name, i.Email, i.EmailKey, i.Category, i.City = clean.Note, clean.Name, clean.Email, clean.EmailKey, clean.Category, clean.City
		i.Beyond, i.Approved, i.Uses, i.Ends = clean.Beyond, clean.Approved, clean.Uses, clean.Ends
		if !i.promises(before) {
			s.renew(i)
		}
		if !i.promises(before) || i.EmailKey == "" && i.Name != before.Name { // it is for somebody or something else
			i.unanswered()
		}
		return nil
	})
}

// MakeInvitation makes an invitation, or returns the one that was made under the typed
// id already. Faults are a problem of kind Invalid.
func (s *Service) MakeInvitation(ctx context.Context, e event.Event, typed TypedInvitation) (Invitation, error) {
	clean, err := s.cleanInvitationForm(ctx, e, typed)
	if err != nil {
		return Invitation{}, err
	}
	clean.ID, clean.Event, clean.Made, clean.By = typed.ID, e.ID, s.now(), audit.By(ctx).Name
	if !store.IsID(clean.ID) {
		clean.ID = store.NewID()
	}
	clean.unanswered()
	s.renew(&clean)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := invitations.Create(tx, clean); err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, clean, "invitation.make")
	})
	if store.IsDuplicate(err, "id") {
		return s.invitation(ctx, s.db, e, clean.ID)
	}
	return clean, err
}

// promises reports whether the invitation promises the same to the same people as the
// other one.
func (i Invitation) promises(other Invitation) bool {
	return i.EmailKey == other.EmailKey && i.Category == other.Category && i.City == other.City &&
		i.Beyond == other.Beyond && i.Approved == other.Approved
}

// RevokeInvitation ends an invitation: its link and code are not known from then on.
// Whoever came by it already keeps what they have.
func (s *Service) RevokeInvitation(ctx context.Context, e event.Event, id string) (Invitation, error) {
	return s.changeInvitation(ctx, e, id, "invitation.revoke", func(i *Invitation) error {
		if i.Revoked.IsZero() {
			i.Revoked = s.now()
			s.renew(i)
		}
		if i.Answer == NoAnswer {
			i.say(TakenBack, i.Revoked, "")
		}
		return nil
	})
}

// RenewInvitation gives an invitation a new link and a new code, and brings one that
// was revoked or declined to life again.
func (s *Service) RenewInvitation(ctx context.Context, e event.Event, id string) (Invitation, error) {
	return s.changeInvitation(ctx, e, id, "invitation.renew", func(i *Invitation) error {
		i.Revoked = time.Time{}
		if i.Answer == Refused || i.Answer == TakenBack {
			i.unanswered()
		}
		s.renew(i)
		return nil
	})
}

func (s *Service) changeInvitation(ctx context.Context, e event.Event, id, action string, fn func(*Invitation) error) (i Invitation, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if i, err = s.invitation(ctx, tx, e, id); err != nil {
			return err
		}
		if err := fn(&i); err != nil {
			return err
		}
		if err := invitations.Put(tx, i); err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, i, action)
	})
	return i, err
}

func (s *Service) recordInvitation(ctx context.Context, tx *store.Tx, i Invitation, action string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: action, Event: i.Event, Subject: "invitation/" + i.ID})
}

func (s *Service) cleanInvitationForm(ctx context.Context, e event.Event, typed TypedInvitation) (Invitation, error) {
	var faults problem.Form
	i := Invitation{
		Note: oneLine(typed.Note), Name: oneLine(typed.Name), Category: typed.Category, City: typed.City,
		Beyond: typed.Beyond && typed.Category == "", Approved: typed.Approved,
	}
	for field, text := range map[string]string{"note": i.Note, "name": i.Name} {
		if n := utf8.RuneCountInString(text); n > MaxName {
			faults.Add(field, "problem.field.too_long", "Max", MaxName, "Length", n)
		}
	}
	if strings.TrimSpace(typed.Email) != "" {
		email, ok := person.ParseEmail(typed.Email)
		if !ok {
			faults.Add("email", "problem.field.email")
		}
		i.Email, i.EmailKey = email.Text, email.Key
	}
	if _, ok := e.Category(i.Category); !ok && i.Category != "" {
		faults.Add("category", "problem.field.choice")
	}
	if i.City != "" {
		_, err := s.cities.Get(ctx, i.City)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return i, err
		}
		if err != nil {
			faults.Add("city", "problem.field.choice")
		}
	}
	i.cleanLimits(e, typed, s.clock(), &faults)
	return i, faults.Err()
}

func (i *Invitation) cleanLimits(e event.Event, typed TypedInvitation, now time.Time, faults *problem.Form) {
	if text := strings.TrimSpace(typed.Uses); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > MaxUses {
			faults.Add("uses", "problem.field.between", "Min", 1, "Max", MaxUses)
		}
		i.Uses = n
	}
	if text := strings.TrimSpace(typed.Ends); text != "" {
		day, err := time.ParseInLocation(time.DateOnly, text, e.Location())
		i.Ends = day.AddDate(0, 0, 1).UTC()
		switch {
		case err != nil:
			faults.Add("ends", "problem.field.date")
		case !now.Before(i.Ends):
			faults.Add("ends", "problem.field.date_ahead")
		}
	}
}

func oneLine(text string) string { return strings.ReplaceAll(person.Tidy(text), "\n", " ") }

// usesInvitation reports whether somebody in the state counts among those who came by
// their invitation: also who came with a group and has yet to finish their part. Who
// organisers invite came by none.
func (s State) usesInvitation() bool {
	return s.Unanswered() || s == Awaiting || s == Waiting || s == Offered || s == Confirmed
}

// use counts a move of somebody who came by an invitation, in the invitation's own
// record: so two cannot have its last use. Verify has looked whether one is left. If
// none is, organisers have decided to take somebody back, who then needs none.
func (s *Service) use(ctx context.Context, tx *store.Tx, d *Delegate, to State) error {
	before, after := d.State.usesInvitation(), to.usesInvitation()
	if d.Invitation == "" || before == after {
		return nil
	}
	i, err := invitations.Get(ctx, tx, d.Invitation)
	if errors.Is(err, store.ErrNotFound) {
		d.Invitation = ""
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case before:
		i.count(-1, s.now())
	case i.Uses > 0 && i.Used >= i.Uses:
		d.Invitation = ""
		return nil
	default:
		i.count(1, s.now())
	}
	return invitations.Put(tx, i)
}

// comeBy looks up the invitation that was chosen with the form, and notes it with the
// registration, instead of any other. One that cannot be used any more is a problem of
// kind Gone.
func (s *Service) comeBy(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, f Form) (Invitation, error) {
	before, uses := d.Invitation, d.State.usesInvitation()
	d.Invitation = f.Invitation
	if uses && before != "" && before != f.Invitation {
		if err := s.unuse(ctx, tx, before); err != nil {
			return Invitation{}, err
		}
	}
	if f.Invitation == "" {
		return Invitation{}, nil
	}
	i, err := s.chosen(ctx, tx, e, f)
	if err != nil || uses && before == f.Invitation {
		return i, err
	}
	if err := i.check(s.clock()); err != nil || !uses {
		return i, err
	}
	i.count(1, s.now())
	return i, invitations.Put(tx, i)
}

// unuse counts one fewer who came by the invitation, if it still is there.
func (s *Service) unuse(ctx context.Context, tx *store.Tx, id string) error {
	i, err := invitations.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	i.count(-1, s.now())
	return invitations.Put(tx, i)
}

// chosen is the invitation that was chosen with the form. One that was changed or
// revoked since is a problem of kind Gone.
func (s *Service) chosen(ctx context.Context, r store.Reader, e event.Event, f Form) (Invitation, error) {
	i, err := s.invitation(ctx, r, e, f.Invitation)
	if problem.KindOf(err) == problem.NotFound && err != nil || err == nil && i.Serial != f.InvitationSerial {
		return i, problem.New(problem.Gone, "problem.invitation_revoked")
	}
	return i, err
}

// InvitationHolds tells whether the invitation with which the form was sent, if any,
// can still be used: nil, or a problem of kind Gone. Without says whether the person
// may go on without it.
func (s *Service) InvitationHolds(ctx context.Context, e event.Event, f Form) (without bool, err error) {
	if f.Invitation == "" {
		return true, nil
	}
	i, err := s.chosen(ctx, s.db, e, f)
	if err == nil {
		err = i.check(s.clock())
	}
	return s.openToAll(e, f.Category), err
}

func (s *Service) openToAll(e event.Event, category string) bool {
	c, ok := e.Category(category)
	return ok && slices.ContainsFunc(e.Offered(s.clock()), c.Same)
}
