package delegate

import (
	"context"
	"slices"
	"time"

	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/store"
)

// InvitationPersonal is what is kept of people beside their registration: that they were
// invited, and what others typed of them.
func (s *Service) InvitationPersonal() personal.Part {
	return personal.Part{
		Name:   "invitation",
		Holds:  []string{invitations.Schema().Name, groups.Schema().Name, invitationLists.Schema().Name},
		Export: s.exportInvitation, Erase: s.eraseInvitation,
	}
}

// exportedInvitation is what somebody is handed out of being invited, without the name of the organiser who did.
type exportedInvitation struct {
	Sent     time.Time      `json:"invited,omitzero"`
	Letters  int            `json:"letters,omitzero"`
	Answer   Answer         `json:"answer,omitempty"`
	Answered time.Time      `json:"answered,omitzero"`
	Meant    []exportedLink `json:"invitations_meant_for_the_address,omitempty"`
}

// exportedLink is an invitation by link and code that only the person can use.
type exportedLink struct {
	Name     string    `json:"name,omitempty"`
	Answer   Answer    `json:"answer,omitempty"`
	Answered time.Time `json:"answered,omitzero"`
	Reason   string    `json:"reason,omitempty"`
}

func (s *Service) exportInvitation(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	d, err := s.get(ctx, r, p.ID)
	if err != nil {
		return nil, err
	}
	var all exportedInvitation
	if i := d.Invited; i != nil {
		all.Sent, all.Letters, all.Answer, all.Answered = i.Sent, i.Times, i.Answer, i.Answered
	}
	meant, err := invitations.Find(ctx, r, store.By("email", p.Event, p.EmailKey))
	for _, i := range meant.Items {
		all.Meant = append(all.Meant, exportedLink{i.Name, i.Answer, i.Answered, i.Reason})
	}
	if all.Answer == "" && len(all.Meant) == 0 {
		return nil, err
	}
	return all, err
}

// eraseInvitation ends invitations that only the person could use, takes them out of
// groups and lists, and removes groups that they sent.
func (s *Service) eraseInvitation(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	meant, err := invitations.Find(ctx, tx, store.By("email", p.Event, p.EmailKey))
	if err != nil {
		return false, err
	}
	for _, i := range meant.Items {
		if err := s.forgetInvitation(tx, i); err != nil {
			return false, err
		}
	}
	sent, err := groups.Find(ctx, tx, store.By("contact", p.Event, p.EmailKey))
	if err != nil {
		return false, err
	}
	for _, g := range sent.Items {
		if err := s.forgetGroup(ctx, tx, g); err != nil {
			return false, err
		}
	}
	if err := s.eraseMember(ctx, tx, p); err != nil {
		return false, err
	}
	return meant.Next != "" || sent.Next != "", s.eraseListed(ctx, tx, p)
}

// forgetInvitation leaves of an invitation that there was one.
func (s *Service) forgetInvitation(tx *store.Tx, i Invitation) error {
	i.Name, i.Email, i.EmailKey, i.Note = "", "", "", ""
	if i.Revoked.IsZero() {
		i.Revoked = s.now()
	}
	i.unanswered()
	s.renew(&i)
	return invitations.Put(tx, i)
}

// forgetGroup removes a group, and takes the contact's address from the letters that
// asked for its proof, which are to nobody who is registered.
func (s *Service) forgetGroup(ctx context.Context, tx *store.Tx, g Group) error {
	if err := outbox.Forget(ctx, tx, s.clock(), outbox.ID(OccasionGroup, g.ID, "")); err != nil {
		return err
	}
	return groups.Delete(ctx, tx, g.ID)
}

// ForgetInvited takes from the event's invitations by link and code whom they were for,
// when the time of its people is over: also those who never registered. It returns how
// many there were.
func (s *Service) ForgetInvited(ctx context.Context, e event.Event) (n int, err error) {
	err = s.EachInvitation(ctx, e, func(found Invitation) error {
		if !found.tells() {
			return nil
		}
		n++
		return s.db.Update(ctx, func(tx *store.Tx) error {
			i, err := invitations.Get(ctx, tx, found.ID)
			if err != nil {
				return err
			}
			return s.forgetInvitation(tx, i)
		})
	})
	return n, err
}

// CountInvited counts the event's invitations that say whom they were for.
func (s *Service) CountInvited(ctx context.Context, e event.Event) (n int, err error) {
	err = s.EachInvitation(ctx, e, func(i Invitation) error {
		if i.tells() {
			n++
		}
		return nil
	})
	return n, err
}

// tells reports whether the invitation says something of a person.
func (i Invitation) tells() bool { return i.Name+i.Email+i.Note+i.Reason != "" }

// eraseUsed is forgetInvitation for the invitation by which somebody came who is erased,
// if it was for them: one that has a name and no address is found by nothing else.
func (s *Service) eraseUsed(ctx context.Context, tx *store.Tx, id string) error {
	if id == "" {
		return nil
	}
	i, err := invitations.Get(ctx, tx, id)
	if isMissing(err) || err == nil && !i.ForOne() {
		return nil
	}
	if err != nil {
		return err
	}
	return s.forgetInvitation(tx, i)
}

func (s *Service) eraseMember(ctx context.Context, tx *store.Tx, p personal.Person) error {
	in, err := groups.Find(ctx, tx, store.By("delegates", p.Event).Having(store.Term{Text: p.ID}))
	if err != nil {
		return err
	}
	for _, g := range in.Items {
		if g.EmailKey == p.EmailKey {
			continue // it goes as a whole
		}
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m Member) bool { return m.Delegate == p.ID })
		g.index()
		if err := groups.Put(tx, g); err != nil {
			return err
		}
	}
	return nil
}

// eraseListed takes the person out of lists that nobody has used yet; each is kept for
// a day only.
func (s *Service) eraseListed(ctx context.Context, tx *store.Tx, p personal.Person) error {
	lists, err := invitationLists.Find(ctx, tx, store.By("event", p.Event))
	if err != nil {
		return err
	}
	for _, l := range lists.Items {
		people := slices.DeleteFunc(slices.Clone(l.People), func(g ListedGuest) bool { return parsed(g.Form.Email).Key == p.EmailKey })
		faults := slices.DeleteFunc(slices.Clone(l.Faults), func(f ListFault) bool { return parsed(f.Text).Key == p.EmailKey })
		if len(people) == len(l.People) && len(faults) == len(l.Faults) {
			continue
		}
		l.People, l.Faults = people, faults
		if err := invitationLists.Put(tx, l); err != nil {
			return err
		}
	}
	return nil
}
