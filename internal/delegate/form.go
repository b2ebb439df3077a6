package delegate

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/person"
	"convene/internal/problem"
)

// Form is what a person types to register. Fields have the names of the form's
// inputs; faults name them.
type Form struct {
	Name         string `json:"name"`         // name
	LatinName    string `json:"latin_name"`   // latin_name
	Organisation string `json:"organisation"` // organisation
	JobTitle     string `json:"job_title"`    // job_title
	City         string `json:"city"`         // city: a member city's id, or empty
	Country      string `json:"country"`      // country: needed without a city
	Category     string `json:"category"`     // category
	Email        string `json:"email"`        // email
	Language     string `json:"language"`     // language
	TimeZone     string `json:"time_zone"`    // time_zone: an IANA name, or empty for the event's
	Needs        string `json:"needs"`        // needs
	Consent      bool   // consent

	ListedParticipants bool `json:"listed_participants,omitempty"` // listed_participants
	ListedPublic       bool `json:"listed_public,omitempty"`       // listed_public

	// ListedTold is what was shown that the list tells: listed_told.
	ListedTold []event.ListedField `json:"listed_told,omitempty"`

	// Contact is the name of who registers somebody else; Email is theirs then.
	Behalf  bool   `json:"behalf,omitzero"`   // behalf
	Contact string `json:"contact,omitempty"` // contact

	// The invitation that they came by, which is not for them to type.
	Invitation       string `json:"invitation,omitempty"`
	InvitationSerial int    `json:"invitation_serial,omitzero"`

	// Agreed is the id of the consent.Text that was shown; empty: the one that
	// holds for the language.
	Agreed string `json:"agreed,omitempty"`

	Answers form.Answers `json:"answers,omitempty"` // fields of form.FieldOf
}

// The longest entries, in characters.
const (
	MaxName   = 300
	MaxNeeds  = 1000
	MaxReason = 1000
)

// clean trims what was typed and checks it. The address comes back parsed.
func (s *Service) clean(ctx context.Context, e event.Event, f Form, faults *problem.Form) (Form, person.Email, error) {
	email, ok := person.ParseEmail(f.Email)
	if !ok {
		faults.Add("email", key(f.Email, "problem.field.email"))
	}
	f, err := s.cleanDetails(ctx, f, faults)
	if err != nil {
		return f, email, err
	}
	if _, ok := e.Category(f.Category); !ok {
		faults.Add("category", key(f.Category, "problem.field.choice"))
	}
	if !f.Consent {
		faults.Add("consent", "problem.field.consent")
	}
	f.cleanContact(faults)
	return f, email, nil
}

// cleanAnswers checks the answers to what is asked at registration.
func (s *Service) cleanAnswers(ctx context.Context, e event.Event, f Form, before form.Answers, faults *problem.Form) (form.Answers, error) {
	set, err := s.forms.Of(ctx, e.ID)
	asking := form.Asking{Category: f.Category, Moments: []form.Moment{form.AtRegistration}, Now: s.clock(), Before: before}
	return set.Clean(f.Answers, asking, faults), err
}

// key says "required" of an empty field and the given fault of any other.
func key(typed, fault string) string {
	if strings.TrimSpace(typed) == "" {
		return "problem.field.required"
	}
	return fault
}

// cleanDetails checks what a delegate may also change later.
func (s *Service) cleanDetails(ctx context.Context, f Form, faults *problem.Form) (Form, error) {
	return s.place(ctx, s.cleanTexts(f, faults), faults)
}

func (s *Service) cleanTexts(f Form, faults *problem.Form) Form {
	text := func(name, value string, required bool, longest int) string {
		value = person.Tidy(value)
		switch n := utf8.RuneCountInString(value); {
		case required && value == "":
			faults.Add(name, "problem.field.required")
		case n > longest:
			faults.Add(name, "problem.field.too_long", "Max", longest, "Length", n)
		}
		return value
	}
	f.Name = text("name", f.Name, true, MaxName)
	f.LatinName = text("latin_name", f.LatinName, false, MaxName)
	f.Organisation = text("organisation", f.Organisation, true, MaxName)
	f.JobTitle = text("job_title", f.JobTitle, false, MaxName)
	f.Needs = text("needs", f.Needs, false, MaxNeeds)
	if f.Name != "" && !strings.ContainsFunc(f.Name, unicode.IsLetter) {
		faults.Add("name", "problem.field.name")
	}
	if !slices.Contains(s.languages, f.Language) {
		faults.Add("language", key(f.Language, "problem.field.choice"))
	}
	f.TimeZone = strings.TrimSpace(f.TimeZone)
	if !knownZone(f.TimeZone) {
		faults.Add("time_zone", "problem.field.time_zone")
	}
	return f
}

// knownZone reports whether the zone database has the name. "Local" would be the
// machine's.
func knownZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

// place takes the country from the member city where one is chosen.
func (s *Service) place(ctx context.Context, f Form, faults *problem.Form) (Form, error) {
	if f.City != "" {
		c, err := s.cities.Get(ctx, f.City)
		if problem.KindOf(err) == problem.NotFound {
			faults.Add("city", "problem.field.choice")
			return f, nil
		}
		f.Country = c.Country
		return f, err
	}
	return withCountry(f, faults), nil
}

func withCountry(f Form, faults *problem.Form) Form {
	region, err := language.ParseRegion(f.Country)
	if err != nil || !region.IsCountry() {
		faults.Add("country", key(f.Country, "problem.field.choice"))
		return f
	}
	f.Country = region.String()
	return f
}

// apply writes what was typed into the registration.
func (f Form) apply(d *Delegate) (changed []string) {
	set := func(name string, field *string, value string) {
		if *field != value {
			*field = value
			changed = append(changed, name)
		}
	}
	set("name", &d.Name, strings.ReplaceAll(f.Name, "\n", " "))
	set("latin_name", &d.LatinName, strings.ReplaceAll(f.LatinName, "\n", " "))
	set("organisation", &d.Organisation, strings.ReplaceAll(f.Organisation, "\n", " "))
	set("job_title", &d.JobTitle, strings.ReplaceAll(f.JobTitle, "\n", " "))
	set("city", &d.City, f.City)
	set("country", &d.Country, f.Country)
	set("language", &d.Language, f.Language)
	set("time_zone", &d.TimeZone, f.TimeZone)
	set("needs", &d.Needs, f.Needs)
	return changed
}

// FormOf returns the form as the registration fills it in.
func FormOf(d Delegate) Form {
	return Form{
		Name: d.Name, LatinName: d.LatinName, Organisation: d.Organisation, JobTitle: d.JobTitle,
		City: d.City, Country: d.Country, Category: d.Category, Email: d.Email, Language: d.Language,
		TimeZone: d.TimeZone, Needs: d.Needs, Consent: d.Consent.Version != "", Agreed: d.Consent.Version, Answers: d.Answers.Clone(),
		Behalf: d.Contact != "", Contact: d.Contact,
	}
}
