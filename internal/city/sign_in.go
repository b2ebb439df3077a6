package city

import (
	"context"
	"errors"
	"time"

	"convene/internal/audit"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// OccasionFocalLink is the letter with the link by which a focal point signs in.
const OccasionFocalLink = "focal.link"

// linkFocal is the kind of link.
const linkFocal = "focal"

// pass is a link by which a focal point signs in, once. It belongs to an address,
// since one may be focal point of several members.
type pass struct {
	ID       string    `json:"id"`
	Hash     string    `json:"hash"` // of the link's token
	EmailKey string    `json:"email_key"`
	Ends     time.Time `json:"ends"`
	Next     string    `json:"next,omitempty"` // the page that they wanted to see
	Used     bool      `json:"used"`
}

// focalSession is a focal point's sign-in that lasts.
type focalSession struct {
	ID       string    `json:"id"` // link.Hash of the cookie's token
	EmailKey string    `json:"email_key"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
}

var (
	passes   = store.NewCollection("focal_links", func(p pass) string { return p.ID }, store.Unique("hash", "hash"), store.On("ends", "ends"))
	sessions = store.NewCollection("focal_sign_ins", func(s focalSession) string { return s.ID }, store.On("expires", "expires"))
)

// SendFocalLink writes a link to sign in to the address, if it is a focal point's.
// Nobody learns whether it is. The event is the one that the letter goes with: its
// text and its colours; next is the page where they go on. What is no address is a problem of kind Invalid.
func (s *Service) SendFocalLink(ctx context.Context, eventID, typed, next string) error {
	email, ok := person.ParseEmail(typed)
	if !ok {
		var faults problem.Form
		faults.Add("email", "problem.field.email")
		return faults.Err()
	}
	id := store.NewID()
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		list, err := s.focalOf(ctx, tx, email.Key)
		if err != nil || len(list) == 0 {
			return err
		}
		p := pass{ID: id, Hash: link.Hash(s.FocalToken(id)), EmailKey: email.Key, Ends: s.now().Add(s.FocalLink), Next: next}
		if err := passes.Create(tx, p); err != nil {
			return err
		}
		f := list[0]
		_, err = outbox.Queue(ctx, tx, s.Clock(), outbox.Letter{
			ID: outbox.ID(OccasionFocalLink, id), Occasion: OccasionFocalLink, Event: eventID, Language: f.Language,
			To: outbox.Address{Name: f.Name, Email: f.Email}, Data: map[string]string{"name": f.Name, "pass": id},
			Urgent: true, Deadline: p.Ends,
		})
		return err
	})
}

// FocalToken is the token of the link that a letter brings.
func (s *Service) FocalToken(passID string) string { return link.Token(s.Secret, linkFocal, passID, 1) }

// CheckFocalLink returns nil if the token opens a session. A link that was used or
// has expired, or whose owner is focal point no longer, is a problem of kind Gone.
func (s *Service) CheckFocalLink(ctx context.Context, token string) error {
	_, _, err := s.focalPass(ctx, s.DB, token)
	return err
}

func (s *Service) focalPass(ctx context.Context, r store.Reader, token string) (pass, []FocalPoint, error) {
	p, err := passes.First(ctx, r, store.By("hash", link.Hash(token)))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return p, nil, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	case err != nil:
		return p, nil, err
	case p.Used:
		return p, nil, problem.New(problem.Gone, "problem.link_used")
	case !s.Clock().Before(p.Ends):
		return p, nil, problem.New(problem.Gone, "problem.link_expired")
	}
	list, err := s.focalOf(ctx, r, p.EmailKey)
	if err == nil && len(list) == 0 {
		err = problem.New(problem.Gone, "problem.focal_ended")
	}
	return p, list, err
}

// UseFocalLink uses the link up and returns the token for the cookie of a session, and
// the page that was wanted when the link was asked for. Problems are those of
// CheckFocalLink.
func (s *Service) UseFocalLink(ctx context.Context, token string) (cookie, next string, err error) {
	cookie = link.Random()
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		p, list, err := s.focalPass(ctx, tx, token)
		if err != nil {
			return err
		}
		p.Used, next = true, p.Next
		if err := passes.Put(tx, p); err != nil {
			return err
		}
		now := s.now()
		in := focalSession{ID: link.Hash(cookie), EmailKey: p.EmailKey, Created: now, Expires: now.Add(s.FocalSession)}
		if err := sessions.Create(tx, in); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: now, Actor: list[0].Actor(), Action: "focal.sign_in", Subject: SubjectFocal(list[0].City)})
	})
	return cookie, next, err
}

// SignedIn lists of which members whoever holds the token is focal point now: who
// ended has no access from that moment. Nobody, and a session that is over, is a
// problem of kind Unauthenticated.
func (s *Service) SignedIn(ctx context.Context, token string) ([]FocalPoint, error) {
	refused := problem.New(problem.Unauthenticated, "problem.focal_sign_in")
	if token == "" {
		return nil, refused
	}
	in, err := sessions.Get(ctx, s.DB, link.Hash(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.Clock().Before(in.Expires) {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	list, err := s.focalOf(ctx, s.DB, in.EmailKey)
	if err == nil && len(list) == 0 {
		err = refused
	}
	return list, err
}

// SignOut ends the session of the token. A token that is not known is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	err := s.DB.Update(ctx, func(tx *store.Tx) error { return sessions.Delete(ctx, tx, link.Hash(token)) })
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Purge removes links and sessions that have expired, a thousand of each at most,
// and returns how many there were.
func (s *Service) Purge(ctx context.Context) (int, error) {
	links, err := passes.Find(ctx, s.DB, store.By("ends").Between(nil, s.Clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	over, err := sessions.Find(ctx, s.DB, store.By("expires").Between(nil, s.Clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, p := range links.Items {
			if err := passes.Delete(ctx, tx, p.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		for _, in := range over.Items {
			if err := sessions.Delete(ctx, tx, in.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(links.Items) + len(over.Items), err
}
