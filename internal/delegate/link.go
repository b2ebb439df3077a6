package delegate

import (
	"context"
	"errors"
	"time"

	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// VerifyLife is how long a link that proves an address is valid.
const VerifyLife = 48 * time.Hour

// Kinds of personal links.
const (
	linkManage = "manage"
	linkVerify = "verify"
)

// ManageToken is the token of the delegate's own page.
func (s *Service) ManageToken(d Delegate) string {
	return link.Token(s.secret, linkManage, d.ID, d.LinkSerial)
}

// VerifyToken is the token that proves the delegate's address.
func (s *Service) VerifyToken(d Delegate) string {
	return link.Token(s.secret, linkVerify, d.ID, d.VerifySerial)
}

// newLinks gives the registration fresh links.
func (s *Service) newLinks(d *Delegate) {
	d.LinkSerial++
	d.LinkHash = link.Hash(s.ManageToken(*d))
	s.newVerifyLink(d)
}

func (s *Service) newVerifyLink(d *Delegate) {
	d.VerifySerial++
	d.VerifyHash = link.Hash(s.VerifyToken(*d))
	d.VerifyEnds = s.clock().Add(VerifyLife)
}

// ByLink returns the registration whose own page the token opens, or a problem
// of kind NotFound.
func (s *Service) ByLink(ctx context.Context, token string) (Delegate, error) {
	d, err := delegates.First(ctx, s.db, store.By("link", link.Hash(token)))
	if errors.Is(err, store.ErrNotFound) {
		return d, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	return d, err
}

// ByVerifyLink returns the registration whose address the token proves. A used
// link and one past its 48 hours are problems of kind Gone.
func (s *Service) ByVerifyLink(ctx context.Context, token string) (Delegate, error) {
	d, err := delegates.First(ctx, s.db, store.By("verify", link.Hash(token)))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	case err != nil:
		return d, err
	}
	return d, s.checkVerify(d)
}

func (s *Service) checkVerify(d Delegate) error {
	switch {
	case d.State != Unverified:
		return problem.New(problem.Gone, "problem.link_used")
	case !s.clock().Before(d.VerifyEnds):
		return problem.New(problem.Gone, "problem.link_expired")
	}
	return nil
}
