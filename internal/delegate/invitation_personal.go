package delegate

import (
	"context"
	"slices"
	"time"

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
		i.Name, i.Email, i.EmailKey, i.Note, i.Revoked = "", "", "", "", s.now()
		i.unanswered()
		s.renew(&i)
		if err := invitations.Put(tx, i); err != nil {
			return false, err
		}
	}
	sent, err := groups.Find(ctx, tx, store.By("contact", p.Event, p.EmailKey))
	if err != nil {
		return false, err
	}
	for _, g := range sent.Items {
		if err := groups.Delete(ctx, tx, g.ID); err != nil {
			return false, err
		}
	}
	if err := s.eraseMember(ctx, tx, p); err != nil {
		return false, err
	}
	return meant.Next != "" || sent.Next != "", s.eraseListed(ctx, tx, p)
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
