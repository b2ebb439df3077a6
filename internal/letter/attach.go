package letter

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"convene/internal/delegate"
	"convene/internal/feed"
	"convene/internal/outbox"
	"convene/internal/signup"
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
// mail programs, and as a file for those that know none, with the sessions that they
// signed up for.
func (w *writer) offerCalendar(ctx context.Context, d delegate.Delegate) error {
	cal, place := w.calendar(), w.place(d)
	w.message.Calendar = &outbox.Calendar{Method: "REQUEST", Data: cal.Request(w.event, place)}
	return w.attachCalendar(ctx, d)
}

// attachCalendar attaches the file.
func (w *writer) attachCalendar(ctx context.Context, d delegate.Delegate) error {
	sessions, err := w.Signups.Attended(ctx, d)
	if err != nil {
		return err
	}
	w.attach(outbox.File{
		Name: w.event.Slug + ".ics", ContentType: "text/calendar; charset=utf-8; method=PUBLISH",
		Data: w.calendar().Own(w.event, w.place(d), sessions...),
	}, w.personal("/r/", w.Delegates.ManageToken(d), "/calendar.ics"))
	return nil
}

// changeCalendar puts the session that the letter is about into the delegate's
// calendar, or takes it out again: as it is for them when the letter is written.
func (w *writer) changeCalendar(ctx context.Context, d delegate.Delegate) error {
	if w.letter.Data["session"] == "" || w.letter.Data["test"] != "" { // tried by an organiser
		return nil
	}
	session, err := w.Programme.SessionByID(ctx, w.letter.Data["session"])
	if err != nil {
		return err
	}
	in := w.letter.Occasion == signup.OccasionMovedUp || w.letter.Occasion == signup.OccasionAdded
	cal, place, has := w.calendar(), w.place(d), slices.Contains(d.Sessions, session.ID)
	place.Changed = w.letter.Queued // later than what an earlier letter said of the session
	switch {
	case in && has:
		w.message.Calendar = &outbox.Calendar{Method: "REQUEST", Data: cal.RequestSession(w.event, place, session)}
		return w.attachCalendar(ctx, d)
	case !in && !has:
		w.message.Calendar = &outbox.Calendar{Method: "CANCEL", Data: cal.CancelSession(w.event, place, session)}
	}
	return nil
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
