package account

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"convene/internal/audit"
	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// MinPassword is the least number of characters of a password (NIST SP 800-63B
// asks for 8; staff see everybody's data, so convene asks for more).
const MinPassword = 12

// Hashing says how much work a password's hash is.
type Hashing = argon2id.Params

// Strong costs about 20 MiB and 30 ms for each sign-in: the first choice of the
// OWASP password storage guide.
var Strong = Hashing{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Service keeps accounts and sign-ins.
type Service struct {
	DB       *store.DB
	Clock    func() time.Time
	Lifetime time.Duration // of a sign-in

	signedIn store.Memo[string, signIn] // by session id

	// Hashes computed at once; the rest wait, so that a rush of sign-ins does
	// not use up the memory.
	slots chan struct{}

	hashing Hashing
	absent  func() string // a hash that no password fits
}

// New makes the service. Passwords are hashed as told: Strong, but in tests.
func New(db *store.DB, clock func() time.Time, lifetime time.Duration, hashing Hashing) *Service {
	return &Service{
		DB: db, Clock: clock, Lifetime: lifetime, slots: make(chan struct{}, 2), hashing: hashing,
		absent: sync.OnceValue(func() string {
			hash, err := argon2id.CreateHash(rand.Text(), &hashing)
			if err != nil {
				panic(err) // it fails without randomness alone, and that never does
			}
			return hash
		}),
	}
}

// Add creates a staff member. Faults come back as a problem of kind Invalid with
// the fields name, email, role and password.
func (s *Service) Add(ctx context.Context, name, email string, role Role, password string) (Staff, error) {
	var form problem.Form
	name = strings.TrimSpace(name)
	if name == "" {
		form.Add("name", "problem.field.required")
	}
	address, ok := person.ParseEmail(email)
	if !ok {
		form.Add("email", "problem.field.email")
	}
	if !slices.Contains(Roles, role) {
		form.Add("role", "problem.field.choice")
	}
	if utf8.RuneCountInString(password) < MinPassword {
		form.Add("password", "problem.field.password", "Min", MinPassword)
	}
	if err := form.Err(); err != nil {
		return Staff{}, err
	}
	hash, err := argon2id.CreateHash(password, &s.hashing)
	if err != nil {
		return Staff{}, err
	}
	member := Staff{
		ID: store.NewID(), Name: name, Email: address.Text, EmailKey: address.Key,
		Role: role, Password: hash, Created: s.Clock(),
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := staff.Create(tx, member); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "staff.add", Subject: "staff/" + member.ID, To: string(role)})
	})
	if store.IsDuplicate(err, "email") {
		form.Add("email", "problem.field.staff_exists")
		return Staff{}, form.Err()
	}
	return member, err
}

// SignIn checks the password and returns the token for the session's cookie. A
// wrong address and a wrong password get the same answer in the same time.
func (s *Service) SignIn(ctx context.Context, email, password string) (token string, member Staff, err error) {
	refused := problem.New(problem.Unauthenticated, "problem.sign_in")
	address, _ := person.ParseEmail(email)
	member, err = staff.First(ctx, s.DB, store.By("email", address.Key))
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", Staff{}, err
	}
	var hash string
	if known {
		hash = member.Password
	} else {
		hash = s.absent() // so that the answer takes as long as for somebody
	}
	matches, err := s.compare(ctx, password, hash)
	if err != nil {
		return "", Staff{}, err
	}
	if !matches || !known {
		return "", Staff{}, refused
	}
	token, err = s.open(ctx, member)
	return token, member, err
}

func (s *Service) compare(ctx context.Context, password, hash string) (bool, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}

func (s *Service) open(ctx context.Context, member Staff) (string, error) {
	token := link.Random()
	now := s.Clock()
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		session := Session{ID: link.Hash(token), Staff: member.ID, Created: now, Expires: now.Add(s.Lifetime)}
		if err := sessions.Create(tx, session); err != nil {
			return err
		}
		actor := audit.Actor{Kind: "staff", ID: member.ID, Name: member.Name}
		return audit.Record(ctx, tx, audit.Entry{At: now, Actor: actor, Action: "staff.sign_in", Subject: "staff/" + member.ID})
	})
	return token, err
}

// Authenticate returns who holds the token, or a problem of kind
// Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string) (Staff, error) {
	refused := problem.New(problem.Unauthenticated, "problem.sign_in_first")
	id := link.Hash(token)
	in, err := s.signedIn.Get(s.DB, id, func() (signIn, error) { return s.readSignIn(ctx, id) },
		sessions.Schema().Name, staff.Schema().Name)
	if errors.Is(err, store.ErrNotFound) {
		return Staff{}, refused
	}
	if err != nil {
		return Staff{}, err
	}
	if !s.Clock().Before(in.session.Expires) {
		return Staff{}, refused
	}
	return in.member, nil
}

// signIn is a session with whose it is.
type signIn struct {
	session Session
	member  Staff
}

func (s *Service) readSignIn(ctx context.Context, id string) (in signIn, err error) {
	if in.session, err = sessions.Get(ctx, s.DB, id); err != nil {
		return in, err
	}
	in.member, err = staff.Get(ctx, s.DB, in.session.Staff)
	return in, err
}

// SignOut ends the session of the token. A token that is not known is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	err := s.DB.Update(ctx, func(tx *store.Tx) error { return sessions.Delete(ctx, tx, link.Hash(token)) })
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Purge removes sign-ins that have expired and returns how many there were.
func (s *Service) Purge(ctx context.Context) (int, error) {
	page, err := sessions.Find(ctx, s.DB, store.By("expires").Between(nil, s.Clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, session := range page.Items {
			if err := sessions.Delete(ctx, tx, session.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(page.Items), err
}

// Count returns how many staff members there are.
func (s *Service) Count(ctx context.Context) (int, error) {
	return staff.Count(ctx, s.DB, store.Query{})
}

// Organisers lists the staff members who may use the desk.
func (s *Service) Organisers(ctx context.Context) ([]Staff, error) {
	var list []Staff
	for member, err := range staff.All(ctx, s.DB, store.Query{}) {
		if err != nil {
			return nil, err
		}
		if member.MayOrganise() {
			list = append(list, member)
		}
	}
	return list, nil
}
