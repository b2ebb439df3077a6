package desk

import (
	"context"
	"net/url"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/message"
	"convene/internal/problem"
	"convene/internal/statement"
	"convene/internal/web/kit"
)

// trailLine is an entry of the audit trail in words.
type trailLine struct {
	At       Moment
	What     string
	From, To string // what it was and is, in words
	Fields   string // what was changed
	Reason   string
	By       string
	Subject  subject
	Event    string
}

// trail tells the entries in words. events are those that the entries may
// belong to.
func (s *Pages) trail(ctx context.Context, p *i18n.Printer, k clock, events []event.Event, entries []audit.Entry) ([]trailLine, error) {
	names := s.subjects(p, events)
	lines := make([]trailLine, len(entries))
	for i, entry := range entries {
		about, err := names.find(ctx, entry.Event, entry.Subject)
		if err != nil {
			return nil, err
		}
		line := trailLine{
			At: k.moment(entry.At), What: told(p, "board.action", entry.Action), Reason: entry.Reason,
			By: actor(p, entry.Actor), Subject: about, Fields: s.fieldNames(ctx, p, names.events[entry.Event], entry.Fields),
			Event: names.eventTitle(entry.Event),
		}
		line.From, line.To = change(p, entry)
		lines[i] = line
	}
	return lines, nil
}

func actor(p *i18n.Printer, a audit.Actor) string {
	if a.Name != "" {
		return a.Name
	}
	who := told(p, "board.actor", a.Kind)
	if a.Kind == "job" {
		who += " " + a.ID
	}
	return who
}

// fieldNames tells what fields are called: those of questions as their labels.
func (s *Pages) fieldNames(ctx context.Context, p *i18n.Printer, e event.Event, fields []string) string {
	words := make([]string, len(fields))
	for i, field := range fields {
		words[i] = told(p, "board.field", field)
		if id, ok := strings.CutPrefix(field, form.FieldOf("")); ok {
			words[i] = s.questionName(ctx, p, e, id)
		}
	}
	return strings.Join(words, ", ")
}

// questionName is a question's label, or its id when the questions cannot be read:
// a trail does without.
func (s *Pages) questionName(ctx context.Context, p *i18n.Printer, e event.Event, id string) string {
	set, err := s.app.Forms.Of(ctx, e.ID)
	if q, ok := set.Question(id); err == nil && ok {
		return p.Text(q.Label)
	}
	return id
}

// change tells an entry's From and To in the words of what it is about.
func change(p *i18n.Printer, entry audit.Entry) (from, to string) {
	area, _, _ := strings.Cut(entry.Action, ".")
	word := func(code string) string { return code }
	switch area {
	case "delegate":
		word = func(code string) string { return statePill(p, delegate.State(code)).Label }
	case "statement":
		word = func(code string) string { return statementState(p, statement.State(code)) }
	case "staff":
		word = func(code string) string { return told(p, "board.role", code) }
	case "message":
		word = func(code string) string { return messagePill(p, message.State(code)).Label }
	case "event":
		if entry.Action != "event.move" { // the others have ids
			return "", ""
		}
		word = func(day string) string { return dayWords(p, day) }
	}
	if entry.From != "" {
		from = word(entry.From)
	}
	if entry.To != "" {
		to = word(entry.To)
	}
	return from, to
}

// dayWords tells a day that is kept as YYYY-MM-DD.
func dayWords(p *i18n.Printer, day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return p.Date(at)
}

// subject is what an entry or a scan is about.
type subject struct{ Kind, Label, Href string }

// subjects finds what subjects are called and where they are shown. It asks for
// each once.
type subjects struct {
	pages  *Pages
	print  *i18n.Printer
	events map[string]event.Event
	known  map[string]subject
	read   map[string]bool // events whose programme is known already
}

func (s *Pages) subjects(p *i18n.Printer, events []event.Event) *subjects {
	byID := make(map[string]event.Event, len(events))
	for _, e := range events {
		byID[e.ID] = e
	}
	return &subjects{pages: s, print: p, events: byID, known: map[string]subject{}, read: map[string]bool{}}
}

// find tells about a subject, "delegate/<id>", of an event. What is erased or
// has no page of its own has no link.
func (n *subjects) find(ctx context.Context, eventID, name string) (subject, error) {
	if found, ok := n.known[name]; ok {
		return found, nil
	}
	kind, id, _ := strings.Cut(name, "/")
	if (kind == "session" || kind == "speaker") && !n.read[eventID] {
		if err := n.readProgramme(ctx, eventID); err != nil {
			return subject{}, err
		}
		return n.find(ctx, eventID, name)
	}
	found := subject{Kind: told(n.print, "board.subject", kind)}
	var err error
	switch e, known := n.events[eventID]; {
	case kind == "event":
		found.Label, found.Href = n.eventTitle(id), n.eventHref(id)
	case kind == "focal":
		found.Label, found.Href, err = n.city(ctx, id, focalPath(id))
	case kind == "delegation" && known:
		found.Label, found.Href, err = n.city(ctx, id, deskPath(e, "delegations", id))
	case kind == "delegate" && known:
		found.Label, found.Href, err = n.delegate(ctx, e, id)
	case kind == "rule" && known:
		found.Label, found.Href, err = n.rule(ctx, e, id)
	case kind == "message" && known:
		found.Label, found.Href, err = n.message(ctx, e, id)
	case kind == "import" && known:
		found.Label, found.Href, err = n.imported(ctx, e, id)
	case kind == "category" && known:
		found.Label, found.Href = n.category(e, id)
	case kind == "question" && known:
		found.Label, found.Href, err = n.question(ctx, e, id)
	case kind == "invitation" && known:
		found.Label, found.Href, err = n.invitation(ctx, e, id)
	case kind == "text" && known:
		found.Label, found.Href, err = n.text(ctx, e, id)
	case kind == "statement" && known:
		found.Label, found.Href, err = n.statement(ctx, e, id)
	}
	if problem.KindOf(err) == problem.NotFound && err != nil {
		found.Label, err = n.print.T("board.audit.erased"), nil
	}
	if err != nil {
		return found, err
	}
	n.known[name] = found
	return found, nil
}

func (n *subjects) eventTitle(id string) string {
	e, ok := n.events[id]
	if !ok {
		return ""
	}
	return n.print.Text(e.Title)
}

func (n *subjects) eventHref(id string) string {
	e, ok := n.events[id]
	if !ok {
		return ""
	}
	return deskPath(e)
}

func (n *subjects) imported(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	i, err := n.pages.app.Imports.Get(ctx, e, id)
	return i.File.Name, deskPath(e, "imports", id), err
}

func (n *subjects) delegate(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	d, err := n.pages.app.Delegates.Get(ctx, id)
	return d.Name, deskPath(e, "delegates", id), err
}

func (n *subjects) city(ctx context.Context, id, path string) (label, href string, err error) {
	c, err := n.pages.app.Cities.Get(ctx, id)
	return n.print.Text(c.Name), path, err
}

func (n *subjects) statement(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	st, err := n.pages.app.Statements.Get(ctx, n.pages.app.DB, id)
	return n.print.Text(st.Title), deskPath(e, "statement"), err
}

func (n *subjects) text(ctx context.Context, e event.Event, occasion string) (label, href string, err error) {
	names, err := n.pages.occasionNames(ctx, n.print, e)
	if err != nil {
		return "", "", err
	}
	of, category := letter.OfCategory(occasion)
	if href = deskPath(e, "texts", of); category != "" {
		href = withQuery(href, url.Values{"category": {category}})
	}
	return names(occasion), href, nil
}

func (n *subjects) invitation(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	i, err := n.pages.app.Delegates.Invitation(ctx, e, id)
	if err != nil {
		return "", "", err
	}
	cities, err := n.pages.cityNames(ctx, n.print)
	return codeFor(n.print, e, cities, i), deskPath(e, "codes", id), err
}

// category has a page only while the event has it.
func (n *subjects) category(e event.Event, id string) (label, href string) {
	if _, ok := e.Category(id); ok {
		href = deskPath(e, kit.DeskCategories, id)
	}
	return e.CategoryLabel(n.print, id), href
}

// question is also told of a group of ready-made ones, by its name.
func (n *subjects) question(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	set, err := n.pages.app.Forms.Of(ctx, e.ID)
	if q, ok := set.Question(id); ok {
		return n.print.Text(q.Label), deskPath(e, kit.DeskQuestions, id), err
	}
	return told(n.print, "preset.title", id), deskPath(e, kit.DeskQuestions), err
}

func (n *subjects) rule(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	r, err := n.pages.app.Reminders.Rule(ctx, e, id)
	return ruleName(n.print, r), deskPath(e, "rules", id), err
}

func (n *subjects) message(ctx context.Context, e event.Event, id string) (label, href string, err error) {
	m, err := n.pages.app.Messages.Get(ctx, e, id)
	return m.Name, deskPath(e, "messages", id), err
}

// readProgramme learns all sessions and speakers of an event, which are few.
func (n *subjects) readProgramme(ctx context.Context, eventID string) error {
	n.read[eventID] = true
	e, ok := n.events[eventID]
	if !ok {
		return nil
	}
	sessions, err := n.pages.app.Programme.Sessions(ctx, eventID)
	if err != nil {
		return err
	}
	people, err := n.pages.app.Programme.People(ctx, eventID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		n.know("session", session.ID, n.print.Text(session.Title), "/e/"+e.Slug+"/sessions/"+session.Slug)
	}
	for _, p := range people {
		n.know("speaker", p.ID, p.Name, "/e/"+e.Slug+"/speakers/"+p.Slug)
	}
	return nil
}

func (n *subjects) know(kind, id, label, href string) {
	n.known[kind+"/"+id] = subject{Kind: told(n.print, "board.subject", kind), Label: label, Href: href}
}
