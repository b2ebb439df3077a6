package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Printer writes messages, dates, numbers and names in one language. It is safe
// for concurrent use.
type Printer struct {
	lang      string
	tag       language.Tag
	localizer *goi18n.Localizer
	numbers   *message.Printer
	regions   display.Namer
	countries map[string]string // names that go before those of regions
}

func newPrinter(bundle *goi18n.Bundle, lang string) *Printer {
	tag := language.Make(lang)
	regions := display.Regions(tag)
	if regions == nil {
		regions = display.Regions(language.English)
	}
	p := &Printer{
		lang: lang, tag: tag, regions: regions,
		localizer: goi18n.NewLocalizer(bundle, lang),
		numbers:   message.NewPrinter(tag),
		countries: map[string]string{},
	}
	for _, code := range countryCodes() {
		if key := "country." + code; p.T(key) != key {
			p.countries[code] = p.T(key)
		}
	}
	return p
}

// Lang returns the printer's language tag.
func (p *Printer) Lang() string { return p.lang }

// Dir returns the printer's writing direction, "ltr" or "rtl".
func (p *Printer) Dir() string { return Direction(p.lang) }

// T returns the message with its placeholders filled in: args are names and
// values in turn. A message that no language has comes back as its key.
func (p *Printer) T(key string, args ...any) string {
	return p.localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: p.arguments(args)})
}

// N is T for a message that depends on a number: the catalogue holds its plural
// forms, and {{.Count}} is the number as the language writes it.
func (p *Printer) N(key string, count int, args ...any) string {
	data := p.arguments(args)
	data["Count"] = p.Number(count)
	return p.localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
}

func (p *Printer) localize(config *goi18n.LocalizeConfig) string {
	s, err := p.localizer.Localize(config)
	if s == "" && err != nil {
		return config.MessageID
	}
	return s
}

func (p *Printer) arguments(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		value := args[i+1]
		if day, ok := value.(Day); ok {
			value = p.Day(day)
		}
		data[fmt.Sprint(args[i])] = value
	}
	return data
}

// Day is a calendar day as forms send it, YYYY-MM-DD. As a value of a message it is
// written as the language does.
type Day string

// Day writes a calendar day: "28 September 2015". What is none comes back unchanged.
func (p *Printer) Day(day Day) string {
	at, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return string(day)
	}
	return p.Date(at)
}

// Text returns a text's version for this language.
func (p *Printer) Text(t Text) string { return t.In(p.lang) }

// Number writes a whole number with the language's separators.
func (p *Printer) Number(n int) string { return p.numbers.Sprint(number.Decimal(n)) }

// Decimal writes a number with as many decimals as it has, three at most.
func (p *Printer) Decimal(f float64) string {
	return p.numbers.Sprint(number.Decimal(f, number.MaxFractionDigits(3)))
}

// Country returns the name of a country by its ISO 3166-1 alpha-2 code: the one
// that the catalogue gives, as the United Nations write it, or the common one.
// Codes that are not known come back unchanged.
func (p *Printer) Country(code string) string {
	if name, ok := p.countries[code]; ok {
		return name
	}
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := p.regions.Name(region); name != "" {
		return name
	}
	return code
}

// LanguageName returns a language's name in that language itself.
func (p *Printer) LanguageName(lang string) string {
	return display.Self.Name(language.Make(lang))
}

// LanguageHere returns a language's name in the reader's language, or in its own where
// that has no word for it.
func (p *Printer) LanguageHere(lang string) string {
	if names := display.Languages(language.Make(p.Lang())); names != nil {
		return names.Name(language.Make(lang))
	}
	return p.LanguageName(lang)
}

// Date writes a calendar day: "28 September 2015".
func (p *Printer) Date(day time.Time) string { return p.dated("date.long", day) }

// Weekday writes a day with its weekday: "Monday 28 September 2015".
func (p *Printer) Weekday(day time.Time) string { return p.dated("date.full", day) }

// ShortDate writes a day without its year: "28 Sep".
func (p *Printer) ShortDate(day time.Time) string { return p.dated("date.short", day) }

// Clock writes the time of day on a 24-hour clock: "09:30".
func (p *Printer) Clock(t time.Time) string { return t.Format("15:04") }

// DateTime writes day, time and zone: "28 September 2015, 09:30 CDT".
func (p *Printer) DateTime(t time.Time) string {
	return p.Date(t) + ", " + p.Clock(t) + " " + zoneName(t)
}

// DateRange writes the days of an event: "28–30 September 2015".
func (p *Printer) DateRange(from, to time.Time) string {
	switch {
	case from.Equal(to):
		return p.Date(from)
	case from.Year() == to.Year() && from.Month() == to.Month():
		return p.T("date.range.month", "From", from.Day(), "To", to.Day(), "Month", p.month(from), "Year", from.Year())
	case from.Year() == to.Year():
		return p.T("date.range.year", "From", p.dated("date.day", from), "To", p.Date(to))
	}
	return p.T("date.range.any", "From", p.Date(from), "To", p.Date(to))
}

func (p *Printer) dated(key string, day time.Time) string {
	return p.T(key,
		"Day", day.Day(), "Year", day.Year(), "Month", p.month(day),
		"Mon", p.T("date.mon."+strconv.Itoa(int(day.Month()))),
		"Weekday", p.T("date.weekday."+strconv.Itoa(int(day.Weekday()))))
}

func (p *Printer) month(day time.Time) string {
	return p.T("date.month." + strconv.Itoa(int(day.Month())))
}

// zoneName tells the zone as people write it: its letters where it has some,
// "UTC+5:45" where the zone database only knows an offset.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") {
		return name
	}
	sign := "+"
	if offset < 0 {
		sign, offset = "−", -offset
	}
	text := "UTC" + sign + strconv.Itoa(offset/3600)
	if minutes := offset / 60 % 60; minutes != 0 {
		text += fmt.Sprintf(":%02d", minutes)
	}
	return text
}
