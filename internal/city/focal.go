package city

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// FocalPoint is somebody who speaks for a member: they nominate its delegation. A
// member may have several, and one address may be that of several members. Those
// who no longer are stay on record.
type FocalPoint struct {
	ID       string    `json:"id"`
	City     string    `json:"city"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	EmailKey string    `json:"email_key"`
	Language string    `json:"language"` // of letters and pages
	Since    time.Time `json:"since"`
	AddedBy  string    `json:"added_by"`       // a staff member's name
	Until    time.Time `json:"until,omitzero"` // zero: they still are
	EndedBy  string    `json:"ended_by,omitempty"`

	// Holds is the city and the address while they are focal point, and the id
	// afterwards: so that nobody is twice at a time.
	Holds string `json:"holds"`
}

// Ended reports whether they no longer speak for the member.
func (f FocalPoint) Ended() bool { return !f.Until.IsZero() }

// Actor is the focal point as the author of changes.
func (f FocalPoint) Actor() audit.Actor { return audit.Actor{Kind: ActorFocal, ID: f.ID, Name: f.Name} }

// ActorFocal is the kind of actor that focal points are in the audit trail.
const ActorFocal = "focal"

// SubjectFocal names a member's focal points in the audit trail.
func SubjectFocal(city string) string { return "focal/" + city }

// MaxFocalName is the longest name of a focal point, in characters.
const MaxFocalName = 300

// TypedFocal is a focal point as organisers type one. Faults name the fields.
type TypedFocal struct {
	Name     string // name
	Email    string // email
	Language string // language
}

var focalPoints = store.NewCollection("focal_points", func(f FocalPoint) string { return f.ID },
	store.Unique("holds", "holds"),
	store.On("city", "city", "since"),
	store.On("email", "email_key", "city"),
)

// AddFocal makes somebody focal point of the member. Faults come back as a problem
// of kind Invalid.
func (s *Service) AddFocal(ctx context.Context, city string, typed TypedFocal) (FocalPoint, error) {
	if _, err := s.Get(ctx, city); err != nil {
		return FocalPoint{}, err
	}
	f, err := s.cleanFocal(typed)
	if err != nil {
		return f, err
	}
	f.ID, f.City, f.Since, f.AddedBy = store.NewID(), city, s.now(), audit.By(ctx).Name
	f.Holds = city + "/" + f.EmailKey
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := focalPoints.Create(tx, f); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "focal.add", Subject: SubjectFocal(city)})
	})
	return f, focalTwice(err)
}

// focalTwice makes a fault of the address of what keeps anybody from being focal point
// of a member twice.
func focalTwice(err error) error {
	if !store.IsDuplicate(err, "holds") {
		return err
	}
	var faults problem.Form
	faults.Add("email", "problem.field.focal_exists")
	return faults.Err()
}

// CorrectFocal puts the name, the address or the language of a focal point right. What
// they are to be is told by typing, which is called within the transaction with the
// focal point as they are now, perhaps several times; its error ends the change.
// Another address has no access by the links and the sessions of the old one. Faults
// come back as a problem of kind Invalid; one who ended stays as they were, and is a
// problem of kind Conflict.
func (s *Service) CorrectFocal(ctx context.Context, city, id string, typing func(now FocalPoint) (TypedFocal, error)) (f FocalPoint, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if f, err = s.focalPoint(ctx, tx, city, id); err != nil {
			return err
		}
		if f.Ended() {
			return problem.New(problem.Conflict, "problem.focal_over")
		}
		typed, err := typing(f)
		if err != nil {
			return err
		}
		clean, err := s.cleanFocal(typed)
		if err != nil {
			return err
		}
		changed := clean.differs(f)
		if len(changed) == 0 {
			return nil
		}
		f.Name, f.Email, f.EmailKey, f.Language = clean.Name, clean.Email, clean.EmailKey, clean.Language
		f.Holds = city + "/" + f.EmailKey
		if err := focalPoints.Put(tx, f); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "focal.change", Subject: SubjectFocal(city), Fields: changed})
	})
	return f, focalTwice(err)
}

// differs names the fields in which the other is another.
func (f FocalPoint) differs(other FocalPoint) []string {
	var fields []string
	for _, field := range []struct{ name, a, b string }{
		{"name", f.Name, other.Name}, {"email", f.Email, other.Email}, {"language", f.Language, other.Language},
	} {
		if field.a != field.b {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// FocalPoint returns the member's focal point with the id, also one who ended, or a
// problem of kind NotFound.
func (s *Service) FocalPoint(ctx context.Context, city, id string) (FocalPoint, error) {
	return s.focalPoint(ctx, s.DB, city, id)
}

func (s *Service) focalPoint(ctx context.Context, r store.Reader, city, id string) (FocalPoint, error) {
	f, err := focalPoints.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && f.City != city {
		return f, problem.New(problem.NotFound, "problem.focal_not_found")
	}
	return f, err
}

func (s *Service) cleanFocal(typed TypedFocal) (f FocalPoint, err error) {
	var faults problem.Form
	f.Name = strings.ReplaceAll(person.Tidy(typed.Name), "\n", " ")
	switch n := utf8.RuneCountInString(f.Name); {
	case f.Name == "":
		faults.Add("name", "problem.field.required")
	case n > MaxFocalName:
		faults.Add("name", "problem.field.too_long", "Max", MaxFocalName, "Length", n)
	case !strings.ContainsFunc(f.Name, unicode.IsLetter):
		faults.Add("name", "problem.field.name")
	}
	email, ok := person.ParseEmail(typed.Email)
	switch {
	case strings.TrimSpace(typed.Email) == "":
		faults.Add("email", "problem.field.required")
	case !ok:
		faults.Add("email", "problem.field.email")
	}
	f.Email, f.EmailKey = email.Text, email.Key
	if f.Language = typed.Language; !slices.Contains(s.Languages, f.Language) {
		faults.Add("language", "problem.field.choice")
	}
	return f, faults.Err()
}

// EndFocal ends somebody's being focal point of the member: they have no access any
// more from then on. One who ended already stays as they are.
func (s *Service) EndFocal(ctx context.Context, city, id string) (f FocalPoint, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if f, err = s.focalPoint(ctx, tx, city, id); err != nil || f.Ended() {
			return err
		}
		f.Until, f.EndedBy, f.Holds = s.now(), audit.By(ctx).Name, f.ID
		if err := focalPoints.Put(tx, f); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "focal.end", Subject: SubjectFocal(city)})
	})
	return f, err
}

// FocalPoints lists the member's in the order in which they came, those who ended
// too.
func (s *Service) FocalPoints(ctx context.Context, city string) ([]FocalPoint, error) {
	return focalPoints.List(ctx, s.DB, store.By("city", city))
}

// Focal lists who is focal point of the member now.
func (s *Service) Focal(ctx context.Context, r store.Reader, city string) ([]FocalPoint, error) {
	list, err := focalPoints.List(ctx, r, store.By("city", city))
	return slices.DeleteFunc(list, FocalPoint.Ended), err
}

// FocalByCity lists every focal point there is now, by their member's id.
func (s *Service) FocalByCity(ctx context.Context) (map[string][]FocalPoint, error) {
	list := map[string][]FocalPoint{}
	for f, err := range focalPoints.All(ctx, s.DB, store.By("city")) {
		if err != nil {
			return nil, err
		}
		if !f.Ended() {
			list[f.City] = append(list[f.City], f)
		}
	}
	return list, nil
}

// focalOf lists of which members the address is focal point now.
func (s *Service) focalOf(ctx context.Context, r store.Reader, emailKey string) ([]FocalPoint, error) {
	list, err := focalPoints.List(ctx, r, store.By("email", emailKey))
	return slices.DeleteFunc(list, FocalPoint.Ended), err
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }
