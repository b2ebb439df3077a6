package seed

import (
	"fmt"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/fact"
	"convene/seeds"
)

// event makes the record of an event, with the rooms of its programme. Nobody
// registers through this program for an event that is over, or whose host is not
// found yet.
func (f facts) event(e seeds.Event) event.Event {
	p := f.programmes[e.Slug]
	made := event.Event{
		Slug: e.Slug, Series: string(e.Series), Number: e.Number, Acronym: e.Acronym,
		Title: text(e.Title), Theme: text(e.Theme),
		Starts: e.Start, Ends: e.End, TimeZone: e.TimeZone,
		City: e.City, Country: e.Country, Venue: e.Venue, Host: e.Host, Hybrid: e.Hybrid,
		Organisers: e.Organisers, Languages: e.Languages, Accent: e.Accent,
		Admission: event.Daily, Rooms: rooms(p),
		Rescheduled: f.rescheduled(e.Rescheduled), Figures: f.figures(e.Figures),
		Documents: f.documents(e.OutcomeDocuments), Highlights: f.highlights(e.Highlights),
		Announced: f.announced(p.AnnouncedThemes), Provenance: f.provenance(e, p),
	}
	if e.Month != "" {
		made.Starts, made.Ends = month(e.Month)
		made.MonthOnly = true
	}
	if e.TimeZone == "" {
		made.TimeZone = "UTC"
	}
	return made
}

// month returns the first and the last day of a month such as 2027-06.
func month(m string) (first, last string) {
	t, err := time.Parse("2006-01", m)
	if err != nil { // the loader has checked it; an event without days is refused
		return "", ""
	}
	return t.Format(time.DateOnly), t.AddDate(0, 1, -1).Format(time.DateOnly)
}

func rooms(p seeds.Programme) []event.Room {
	var list []event.Room
	for _, r := range p.Rooms {
		list = append(list, event.Room{ID: r.Slug, Name: text(r.Title), Capacity: r.Capacity, Assumed: r.Assumed})
	}
	return list
}

func (f facts) rescheduled(r *seeds.Rescheduling) *event.Rescheduling {
	if r == nil {
		return nil
	}
	return &event.Rescheduling{
		FromStarts: r.FromStart, FromEnds: r.FromEnd, Reason: text(r.Reason), Source: f.source(r.Source),
	}
}

func (f facts) figures(counts []seeds.Count) []fact.Count {
	var list []fact.Count
	for _, c := range counts {
		list = append(list, fact.Count{
			Key: c.Key, Value: c.Value, AtLeast: c.AtLeast, Approximate: c.Approximate,
			Source: f.source(c.Source), Grade: fact.Certainty(c.Certainty), Disputed: f.claims(c.Disputed), Note: c.Note,
		})
	}
	return list
}

func (f facts) documents(documents []seeds.OutcomeDocument) []event.Document {
	var list []event.Document
	for _, d := range documents {
		list = append(list, event.Document{
			Slug: d.Slug, Title: text(d.Title), Kind: string(d.Kind), Languages: d.Languages,
			Adopted: d.Adopted, AdoptedAssumed: d.AdoptedAssumed, Published: d.Published,
			Structure: structure(d), Source: f.source(d.Source), Grade: fact.Certainty(d.Certainty), Note: d.Note,
		})
	}
	return list
}

// structure is what is known of a document's parts.
func structure(d seeds.OutcomeDocument) []event.Part {
	var list []event.Part
	for _, p := range d.Structure {
		list = append(list, event.Part{
			Title: text(p.Title), Count: p.Count, Addressee: text(p.Addressee), By: text(p.By), Note: p.Note,
		})
	}
	return list
}

func (f facts) highlights(highlights []seeds.Highlight) []event.Highlight {
	var list []event.Highlight
	for _, h := range highlights {
		list = append(list, event.Highlight{Text: text(h.Text), Source: f.source(h.Source)})
	}
	return list
}

func (f facts) announced(themes *seeds.AnnouncedThemes) []event.Announcement {
	if themes == nil {
		return nil
	}
	var list []event.Announcement
	for _, t := range themes.Themes {
		a := event.Announcement{Text: text(t.Title), Source: f.source(t.Source)}
		if t.Note != "" {
			a.Note = text(seeds.Text{"en": t.Note})
		}
		list = append(list, a)
	}
	return list
}

// provenance tells where the fields of an event are known from. Beside the keys
// of the seed file (dates, theme, place, venue, host, organisers, languages)
// there are time_zone and translation where these are ours, and programme, hours
// and announced where there is a programme.
func (f facts) provenance(e seeds.Event, p seeds.Programme) map[string]fact.Provenance {
	all := map[string]fact.Provenance{}
	for key, s := range e.Sources {
		all[key] = fact.Provenance{
			Source: f.source(s.Source), Grade: fact.Certainty(s.Certainty), Assumed: s.Assumed, Note: s.Note,
		}
	}
	for _, d := range e.Disputed {
		key := provenanceKey(d.Field)
		known := all[key]
		known.Disputed = append(known.Disputed, fact.Claim{Value: d.Value, Source: f.source(d.Source), Note: d.Note})
		all[key] = known
	}
	if e.TimeZone == "" {
		all["time_zone"] = fact.Provenance{Assumed: true, Note: "Not known before the host is; UTC stands in for it."}
	}
	if len(e.Translated) > 0 {
		all["translation"] = fact.Provenance{
			Assumed: true, Note: "Title and theme are our own translation in: " + strings.Join(e.Translated, ", ") + ".",
		}
	}
	if p.Source != "" {
		all["programme"] = fact.Provenance{
			Source: f.source(p.Source), Note: "What is marked as assumed in the sessions and rooms is our own arrangement.",
		}
	}
	if h := p.Hours; h != nil {
		all["hours"] = fact.Provenance{Source: f.source(h.Source), Note: fmt.Sprintf("%s to %s each day.", h.From, h.To)}
	}
	if a := p.AnnouncedThemes; a != nil {
		all["announced"] = fact.Provenance{Source: f.source(a.Source), Note: a.Note}
	}
	return all
}

// provenanceKey names the fact that a field of a seed file belongs to.
func provenanceKey(field string) string {
	switch field {
	case "start", "end", "month":
		return "dates"
	case "city", "country":
		return "place"
	}
	return field
}
