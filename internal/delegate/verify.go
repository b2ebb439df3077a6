package delegate

import (
	"context"
	"errors"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// VerifyLife is how long a link that proves an address is valid.
const VerifyLife = 48 * time.Hour

// verifyKept is how long what was typed is kept after its link has expired: who asks
// for another link must not have to type it again. With that link's own time it is no
// longer than files are kept that came with it.
const verifyKept = form.UploadLife - 2*VerifyLife

// Verification is what somebody typed who has not proved yet that the address is
// theirs. It changes a registration only once its link, which went to the
// address, is used: whoever knows an address can neither alter what its owner
// registered nor make the owner's link worthless.
type Verification struct {
	ID       string    `json:"id"` // hash of the link's token
	Event    string    `json:"event"`
	Delegate string    `json:"delegate"`
	Form     Form      `json:"form"`
	Ends     time.Time `json:"ends"`
	Used     bool      `json:"used"`
	UsedAt   time.Time `json:"used_at,omitzero"`
}

var verifications = store.NewCollection("verifications", func(v Verification) string { return v.ID }, store.On("ends", "ends"),
	store.On("delegate", "delegate"))

// ask puts what was typed aside until the address is proved, and writes to it.
func (s *Service) ask(ctx context.Context, tx *store.Tx, d *Delegate, form Form) error {
	d.VerifySerial++
	v := Verification{
		ID: link.Hash(s.VerifyToken(*d, d.VerifySerial)), Event: d.Event, Delegate: d.ID,
		Form: form, Ends: s.clock().Add(VerifyLife),
	}
	if err := verifications.Create(tx, v); err != nil {
		return err
	}
	return s.letter(ctx, tx, d, OccasionVerify)
}

// asked is what was typed last for a registration whose address is not proved: all of
// it, also what the registration itself only has once it is. Of one whose Verification
// was purged no more is known than the registration.
func (s *Service) asked(ctx context.Context, r store.Reader, d Delegate) (Form, error) {
	v, err := verifications.Get(ctx, r, link.Hash(s.VerifyToken(d, d.VerifySerial)))
	if errors.Is(err, store.ErrNotFound) {
		return FormOf(d), nil
	}
	return v.Form, err
}

// ByVerifyLink returns what the link of the token is to confirm. One that was
// used, or whose registration was confirmed by another, and one past its 48
// hours are problems of kind Gone; the Verification comes with them.
func (s *Service) ByVerifyLink(ctx context.Context, token string) (Verification, error) {
	v, d, err := s.verification(ctx, s.db, token)
	if err != nil {
		return v, err
	}
	return v, s.checkVerify(v, d)
}

func (s *Service) verification(ctx context.Context, r store.Reader, token string) (Verification, Delegate, error) {
	v, err := verifications.Get(ctx, r, link.Hash(token))
	if errors.Is(err, store.ErrNotFound) {
		return v, Delegate{}, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	if err != nil {
		return v, Delegate{}, err
	}
	d, err := s.get(ctx, r, v.Delegate)
	return v, d, err
}

func (s *Service) checkVerify(v Verification, d Delegate) error {
	switch {
	case v.Used, !d.State.unproved(), !d.isUnder(addressKey(v.Form.Email)): // which the desk may have changed
		return problem.New(problem.Gone, "problem.link_used")
	case !s.clock().Before(v.Ends):
		return problem.New(problem.Gone, "problem.link_expired")
	}
	return nil
}

// unproved reports whether proving the address, by whoever registers openly, makes
// something of a registration in the state.
func (s State) unproved() bool {
	return s == Unverified || s == Invited || s == Started || s == Cancelled || s == Withdrawn
}

// Verify proves the address with the token of a verify link, which is valid
// once. What was typed becomes the registration, which is then confirmed, or
// awaits approval: as the event says, and always when organisers had cancelled
// it before.
//
// An invitation with which the form was sent is used then. If it cannot be any more, that
// is a problem of kind Gone for which InvitationHolds tells what they can do.
func (s *Service) Verify(ctx context.Context, token string) (Delegate, error) {
	return s.prove(ctx, token, false)
}

// VerifyWithout is Verify for somebody whose invitation is over, and who goes on
// without it: in a category that is open to all, else it is a problem of kind Gone.
func (s *Service) VerifyWithout(ctx context.Context, token string) (Delegate, error) {
	return s.prove(ctx, token, true)
}

func (s *Service) prove(ctx context.Context, token string, without bool) (Delegate, error) {
	found, err := s.ByVerifyLink(ctx, token)
	if err != nil {
		return Delegate{}, err
	}
	ctx = audit.As(ctx, audit.Delegate(found.Delegate))
	return s.change(ctx, found.Delegate, func(tx *store.Tx, e event.Event, d *Delegate) error {
		v, _, err := s.verification(ctx, tx, token)
		if err != nil {
			return err
		}
		if err := s.checkVerify(v, *d); err != nil {
			return err
		}
		if without && !s.openToAll(e, v.Form.Category) {
			return problem.New(problem.Gone, "problem.registration_closed")
		}
		if without {
			v.Form.Invitation = ""
		}
		invitation, err := s.comeBy(ctx, tx, e, d, v.Form)
		if err != nil {
			return err
		}
		v.Used, v.UsedAt = true, s.now()
		if err := verifications.Put(tx, v); err != nil {
			return err
		}
		if d.InDelegation() && d.City != v.Form.City { // they come for another, or for none
			if err := s.forsake(ctx, tx, d); err != nil {
				return err
			}
		}
		v.Form.apply(d)
		d.Category = v.Form.Category
		if err := s.answer(ctx, tx, e, d, v.Form.Answers); err != nil {
			return err
		}
		if err := s.agree(ctx, tx, e, d, v.Form); err != nil {
			return err
		}
		d.Listing.set(v.Form.agrees(e), s.now())
		d.Approved = invitation.Approved
		return s.proved(ctx, tx, e, d)
	})
}

// pressedTwice is within what time a second press of a button belongs to the first.
const pressedTwice = time.Minute

// JustVerified returns the registration that the link of the token has confirmed a moment
// ago: for somebody whose browser shows the answer to the second press of the button.
func (s *Service) JustVerified(ctx context.Context, token string) (d Delegate, ok bool, err error) {
	v, d, err := s.verification(ctx, s.db, token)
	ok = err == nil && v.Used && s.clock().Before(v.UsedAt.Add(pressedTwice)) && d.isUnder(addressKey(v.Form.Email))
	return d, ok, err
}

// agree notes what the person agreed to, which may have changed since: they agreed
// to what they were shown.
func (s *Service) agree(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, typed Form) error {
	text, err := s.consents.Get(ctx, e, typed.Agreed)
	if problem.KindOf(err) == problem.NotFound && err != nil { // never shown: a lost link of who was brought in
		text, err = s.consents.Agreed(ctx, tx, e, "", d.Language)
	}
	d.Consent = Consent{Version: text.ID, Language: text.Language, At: s.now()}
	return err
}

// endedByStaff reports whether it was the organisers who cancelled.
func endedByStaff(d Delegate) bool {
	if d.State != Cancelled || len(d.Steps) == 0 {
		return false
	}
	return strings.HasPrefix(d.Steps[len(d.Steps)-1].By, "staff")
}

// Purge removes verifications and groups some days after their links have expired, and
// drafts and lists whose time is over, a thousand of each at most, and returns how many there were.
func (s *Service) Purge(ctx context.Context) (int, error) {
	all := 0
	for _, purge := range []func(context.Context) (int, error){s.purgeVerifications, s.purgeDrafts, s.purgeGroups, s.purgeLists} {
		n, err := purge(ctx)
		all += n
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (s *Service) purgeVerifications(ctx context.Context) (int, error) {
	page, err := verifications.Find(ctx, s.db, store.By("ends").Between(nil, s.clock().Add(-verifyKept)).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		for _, v := range page.Items {
			if err := verifications.Delete(ctx, tx, v.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(page.Items), err
}
