package letter

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"convene/internal/delegate"
	"convene/internal/feed"
	"convene/internal/outbox"
)

// linkedFile is one that is too large to be attached.
type linkedFile struct{ name, link string }

// attach adds the file to the letter or, when it is too large with what is there,
// a link to the same.
func (w *writer) attach(f outbox.File, link string) {
	if !w.hasRoom(len(f.Data)) {
		w.linked = append(w.linked, linkedFile{f.Name, link})
		return
	}
	w.message.Attached = append(w.message.Attached, f)
}

// tooLarge names the files that are linked instead of attached, as Markdown.
func (w *writer) tooLarge() string {
	if len(w.linked) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n" + escape(w.print.T("letter.too_large")) + "\n\n")
	for _, f := range w.linked {
		b.WriteString("- [" + escape(f.name) + "](" + f.link + ")\n")
	}
	return b.String()
}

// offerCalendar puts the event into the delegate's calendar: as an invitation for
// mail programs, and as a file for those that know none.
func (w *writer) offerCalendar(d delegate.Delegate) {
	cal, place := w.calendar(), w.place(d)
	w.message.Calendar = &outbox.Calendar{Method: "REQUEST", Data: cal.Request(w.event, place)}
	w.attach(outbox.File{
		Name: w.event.Slug + ".ics", ContentType: "text/calendar; charset=utf-8; method=PUBLISH", Data: cal.Own(w.event, place),
	}, w.personal("/r/", w.Delegates.ManageToken(d), "/calendar.ics"))
}

// withdrawCalendar takes it out again, if it was ever put there.
func (w *writer) withdrawCalendar(d delegate.Delegate) {
	invited := slices.ContainsFunc(d.Steps, func(s delegate.Step) bool { return s.State == delegate.Confirmed })
	if !d.State.Over() || !invited {
		return
	}
	w.message.Calendar = &outbox.Calendar{Method: "CANCEL", Data: w.calendar().Cancel(w.event, w.place(d))}
}

func (w *writer) calendar() feed.Calendar {
	return feed.Calendar{Host: host(w.BaseURL), BaseURL: w.BaseURL, Language: w.print.Lang(), Country: w.print.Country}
}

func (w *writer) place(d delegate.Delegate) feed.Place {
	inviting := w.replyTo()
	if inviting.Email == "" {
		inviting = w.From
	}
	p := PlaceOf(d)
	p.Host = feed.Contact(inviting)
	return p
}

// PlaceOf is the delegate's place at the event, for calendars.
func PlaceOf(d delegate.Delegate) feed.Place {
	var last time.Time
	if n := len(d.Steps); n > 0 {
		last = d.Steps[n-1].At
	}
	return feed.Place{ID: d.ID, Changes: len(d.Steps), Changed: last, Person: feed.Contact{Name: d.Name, Email: d.Email}}
}

func host(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "localhost"
	}
	return u.Hostname()
}
