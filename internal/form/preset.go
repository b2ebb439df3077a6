package form

import (
	"context"
	"slices"
	"strings"
	"time"

	"convene/internal/i18n"
	"convene/internal/problem"
)

// Preset is a group of questions that are ready to be asked: labels and options come
// from the message catalogues. Once an event has them they are questions like any
// other, but for their ids, which other parts of the program read.
type Preset string

// The presets.
const (
	Travel         Preset = "travel"
	Diet           Preset = "diet"
	Accessibility  Preset = "accessibility"
	Interpretation Preset = "interpretation"
	Visa           Preset = "visa"
	Emergency      Preset = "emergency"
)

// Presets lists every preset.
var Presets = []Preset{Travel, Diet, Accessibility, Interpretation, Visa, Emergency}

// The ids of ready-made questions.
const (
	ArrivalDate     = "arrival_date"
	ArrivalFlight   = "arrival_flight" // or train
	ArrivalTime     = "arrival_time"
	DepartureDate   = "departure_date"
	DepartureFlight = "departure_flight"
	DepartureTime   = "departure_time"
	Hotel           = "hotel"
	Transfer        = "transfer" // wanted: Yes or No

	DietNeeds          = "diet"       // several of their options, OtherOption among them
	DietOther          = "diet_other" // in words
	AccessibilityNeeds = "accessibility"
	AccessibilityOther = "accessibility_other"
	InterpretationInto = "interpretation" // a language's tag with _ for -, or NoneOption

	VisaLetter      = "visa_letter" // wanted: Yes or No
	VisaNationality = "visa_nationality"
	VisaPassport    = "visa_passport" // its number
	VisaBirth       = "visa_birth"    // the date
	VisaConsulate   = "visa_consulate"

	EmergencyName  = "emergency_name"
	EmergencyPhone = "emergency_phone"
)

// Options of ready-made questions.
const (
	OtherOption = "other"
	NoneOption  = "none"
)

// keepAfter is how long after the event answers are kept that are needed for it alone.
const keepAfter = 30 * 24 * time.Hour

// Words are where the labels of ready-made questions come from.
type Words struct {
	Catalogue *i18n.Catalogue
	Languages []string  // the event's
	Over      time.Time // when the event is over
}

// AddPreset adds those of the group's questions that the event does not have, and
// brings back those that it has retired.
func (s *Service) AddPreset(ctx context.Context, event string, p Preset, w Words) (Set, error) {
	if !slices.Contains(Presets, p) {
		return Set{}, problem.New(problem.NotFound, "problem.question_not_found")
	}
	return s.change(ctx, event, "question.group", func(set *Set) (string, error) {
		for _, q := range w.questions(p) {
			if i := set.index(q.ID); i >= 0 {
				set.Questions[i].Retired = false
				continue
			}
			set.Questions = append(set.Questions, q)
		}
		if len(set.Questions) > MaxQuestions {
			return string(p), problem.New(problem.Conflict, "problem.field.questions", "Max", MaxQuestions)
		}
		return string(p), nil
	})
}

// Missing lists the ids of the preset's questions that the event does not ask.
func (p Preset) Missing(set Set) []string {
	var ids []string
	for _, id := range presetIDs[p] {
		if q, ok := set.Question(id); !ok || q.Retired {
			ids = append(ids, id)
		}
	}
	return ids
}

var presetIDs = map[Preset][]string{
	Travel:         {ArrivalDate, ArrivalFlight, ArrivalTime, DepartureDate, DepartureFlight, DepartureTime, Hotel, Transfer},
	Diet:           {DietNeeds, DietOther},
	Accessibility:  {AccessibilityNeeds, AccessibilityOther},
	Interpretation: {InterpretationInto},
	Visa:           {VisaLetter, VisaNationality, VisaPassport, VisaBirth, VisaConsulate},
	Emergency:      {EmergencyName, EmergencyPhone},
}

func readyMade(id string) bool {
	for _, ids := range presetIDs {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return false
}

// questions makes the preset's questions, in the order of presetIDs.
func (w Words) questions(p Preset) []Question {
	keep := w.Over.Add(keepAfter)
	switch p {
	case Travel:
		return []Question{
			w.question(ArrivalDate, Date, Later), w.question(ArrivalFlight, Text, Later), w.short(ArrivalTime, Later),
			w.question(DepartureDate, Date, Later), w.question(DepartureFlight, Text, Later), w.short(DepartureTime, Later),
			w.question(Hotel, Text, Later), w.question(Transfer, YesNo, Later),
		}
	case Diet:
		return w.choice(DietNeeds, DietOther, "vegetarian", "vegan", "halal", "kosher", "no_pork", "no_gluten", "no_lactose", "no_nuts", OtherOption)
	case Accessibility:
		return w.choice(AccessibilityNeeds, AccessibilityOther, "wheelchair", "near_seat", "hearing_loop", "sign_language", "captions", "large_print", "companion", OtherOption)
	case Interpretation:
		return []Question{w.interpretation()}
	case Visa:
		return w.visa(keep)
	case Emergency:
		name, phone := w.question(EmergencyName, Text, Later), w.question(EmergencyPhone, Telephone, Later)
		name.Keep, phone.Keep = keep, keep
		return []Question{name, phone}
	}
	return nil
}

func (w Words) question(id string, kind Kind, asked Moment) Question {
	return Question{ID: id, Kind: kind, Asked: asked, Label: w.text("preset.label." + id), Help: w.text("preset.help." + id)}
}

// short is a question whose answer is a time or a number, as text.
func (w Words) short(id string, asked Moment) Question {
	q := w.question(id, Text, asked)
	q.Most = 20
	return q
}

// choice asks for several options, and for words about the last of them.
func (w Words) choice(id, otherID string, options ...string) []Question {
	q, other := w.question(id, Several, AtRegistration), w.question(otherID, Text, AtRegistration)
	for _, o := range options {
		q.Options = append(q.Options, w.option(id, o))
	}
	other.If, other.Required = &Condition{Question: id, Is: []string{OtherOption}}, true
	return []Question{q, other}
}

func (w Words) option(question, id string) Option {
	key := "preset.option." + question + "." + id
	if id == OtherOption { // "other" names a plural form in catalogues
		key = "preset.option." + question + ".else"
	}
	return Option{ID: id, Label: w.text(key)}
}

func (w Words) interpretation() Question {
	q := w.question(InterpretationInto, One, AtRegistration)
	for _, lang := range w.Languages {
		name := w.each(func(p *i18n.Printer) string { return p.LanguageName(lang) })
		q.Options = append(q.Options, Option{ID: strings.ToLower(strings.ReplaceAll(lang, "-", "_")), Label: name})
	}
	for _, id := range []string{OtherOption, NoneOption} {
		q.Options = append(q.Options, w.option(InterpretationInto, id))
	}
	return q
}

func (w Words) visa(keep time.Time) []Question {
	list := []Question{
		w.question(VisaLetter, YesNo, AtRegistration),
		w.question(VisaNationality, Country, AtRegistration), w.short(VisaPassport, AtRegistration),
		w.question(VisaBirth, Date, AtRegistration), w.question(VisaConsulate, Long, AtRegistration),
	}
	for i := range list[1:] {
		q := &list[i+1]
		q.If, q.Required, q.Keep = &Condition{Question: VisaLetter, Is: []string{Yes}}, true, keep
	}
	return list
}

// text is the message in English and each language of the event that the catalogue
// has; none where the message is missing.
func (w Words) text(key string) i18n.Text {
	return w.each(func(p *i18n.Printer) string {
		if text := p.T(key); text != key {
			return text
		}
		return ""
	})
}

func (w Words) each(say func(*i18n.Printer) string) i18n.Text {
	text := i18n.Text{}
	for _, lang := range append([]string{"en"}, w.Languages...) {
		if !w.Catalogue.Speaks(lang) {
			continue // readers of it get the program's language nearest to theirs
		}
		if words := say(w.Catalogue.For(lang)); words != "" {
			text[lang] = words
		}
	}
	if text.Empty() {
		return nil
	}
	return text
}
