package delegate

import (
	"context"
	"errors"

	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// Kinds of personal links.
const (
	linkManage = "manage"
	linkVerify = "verify"
)

// ManageToken is the token of the delegate's own page.
func (s *Service) ManageToken(d Delegate) string {
	return link.Token(s.secret, linkManage, d.ID, d.LinkSerial)
}

// VerifyToken is the token of the delegate's Verification of that serial.
func (s *Service) VerifyToken(d Delegate, serial int) string {
	return link.Token(s.secret, linkVerify, d.ID, serial)
}

// ByLink returns the registration whose own page the token opens, also when it was
// merged into another, or a problem of kind NotFound.
func (s *Service) ByLink(ctx context.Context, token string) (Delegate, error) {
	d, err := delegates.First(ctx, s.db, store.By("link", link.Hash(token)))
	if errors.Is(err, store.ErrNotFound) {
		d, err = s.survivorByLink(ctx, link.Hash(token))
	}
	if errors.Is(err, store.ErrNotFound) {
		return d, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	return d, err
}
