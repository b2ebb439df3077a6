package letter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// Template is an event's own text for an occasion in one language. Every version
// is kept; the newest holds.
type Template struct {
	ID       string `json:"id"`
	Event    string `json:"event"`
	Occasion string `json:"occasion"` // or what ForCategory makes of one
	Language string `json:"language"`
	Version  int    `json:"number"` // from 1

	Subject string `json:"subject"`
	Body    string `json:"body"` // Markdown

	// AllowEmpty lets letters out though a placeholder that the text prints is
	// empty for their reader.
	AllowEmpty bool `json:"allow_empty,omitzero"`

	// Withdrawn says that from this version on the program's own text holds.
	Withdrawn bool `json:"withdrawn,omitzero"`

	By string    `json:"by"`
	At time.Time `json:"at"`
}

// The longest texts, in characters.
const (
	MaxSubject = 200
	MaxBody    = 20_000
)

var templates = store.NewCollection("letter_templates", func(t Template) string { return t.ID },
	store.On("event", "event", "occasion", "language", "number"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{templates.Schema(), attachments.Schema()} }

// Save adds a version of an event's text in the transaction: t.Version must be the
// one that was changed, 0 for none, or else a problem of kind Conflict says that
// somebody was faster. Faults come back as a problem of kind Invalid, under the
// fields subject and body.
func (c *Composer) Save(ctx context.Context, tx *store.Tx, t Template) (Template, error) {
	t, err := t.checked()
	if err != nil {
		return t, err
	}
	history, err := c.Versions(ctx, tx, t.Event, t.Occasion, t.Language)
	if err != nil {
		return t, err
	}
	if len(history) != t.Version {
		return t, problem.New(problem.Conflict, "problem.text_faster")
	}
	t.Version++
	t.ID = t.id()
	t.By, t.At = audit.By(ctx).Name, c.now()
	switch _, err := templates.Get(ctx, tx, t.ID); { // so that two who save at once do not both do
	case err == nil:
		return t, problem.New(problem.Conflict, "problem.text_faster")
	case !errors.Is(err, store.ErrNotFound):
		return t, err
	}
	if err := templates.Put(tx, t); err != nil {
		return t, err
	}
	return t, audit.Record(ctx, tx, audit.Entry{
		At: t.At, Action: "text.save", Event: t.Event, Subject: "text/" + t.Occasion, To: t.Language,
	})
}

func (t Template) id() string {
	return fmt.Sprintf("%s/%s/%s/%d", t.Event, t.Occasion, t.Language, t.Version)
}

func (c *Composer) now() time.Time { return c.Clock().UTC().Truncate(time.Millisecond) }

// Versions lists an event's texts for an occasion and language, the newest first.
func (c *Composer) Versions(ctx context.Context, r store.Reader, eventID, occasion, lang string) ([]Template, error) {
	return templates.List(ctx, r, store.By("event", eventID, occasion, lang).Backwards())
}

// Categories lists the categories that have texts of their own for an occasion that
// hold, sorted.
func (c *Composer) Categories(ctx context.Context, eventID, occasion string) ([]string, error) {
	all, err := c.own(ctx, eventID)
	var list []string
	for code := range all {
		if of, category := OfCategory(code); of == occasion && category != "" {
			list = append(list, category)
		}
	}
	slices.Sort(list)
	return list, err
}

// Texts returns an event's texts for an occasion that hold, by language.
func (c *Composer) Texts(ctx context.Context, eventID, occasion string) (map[string]Template, error) {
	all, err := c.own(ctx, eventID)
	if err != nil {
		return nil, err
	}
	texts := map[string]Template{}
	for _, t := range all[occasion] {
		texts[t.Language] = t.Template
	}
	return texts, nil
}

// Builtin returns the program's own text for an occasion; "" where there is none.
func (c *Composer) Builtin(occasion, lang string) (subject, body string) {
	return cutSubject(c.sources[lang+"/"+occasion])
}

func cutSubject(source string) (subject, body string) {
	first, rest, _ := strings.Cut(source, "\n")
	return strings.TrimPrefix(first, "Subject: "), strings.TrimSpace(rest)
}

// Check says what is wrong with the text, as Save does, and saves nothing.
func (t Template) Check() error {
	_, err := t.checked()
	return err
}

func (t Template) checked() (Template, error) {
	var faults problem.Form
	t.check(&faults)
	return t, faults.Err()
}

func (t *Template) check(form *problem.Form) {
	t.Subject = strings.Join(strings.Fields(t.Subject), " ")
	t.Body = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(t.Body, "\uFFFD"), "\r\n", "\n"))
	if t.Withdrawn {
		return
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"subject", t.Subject, MaxSubject}, {"body", t.Body, MaxBody}} {
		switch n := utf8.RuneCountInString(f.text); {
		case n == 0:
			form.Add(f.name, "problem.field.required")
			continue
		case n > f.most:
			form.Add(f.name, "problem.field.too_long", "Max", f.most, "Length", n)
			continue
		}
		if _, err := compile(f.name, f.text, t.Occasion); err != nil {
			addTextFault(form, f.name, t.Occasion, err)
		} else if strings.Contains(f.text, "{{-") || strings.Contains(f.text, "-}}") { // would join subject and body
			addTextFault(form, f.name, t.Occasion, errNotPlain)
		}
	}
	if !form.Has("body") {
		checkMarkdown(form, t.Body)
	}
}

// addTextFault says what is wrong with a text in words.
func addTextFault(form *problem.Form, name, occasion string, err error) {
	var unknown unknownPlaceholder
	switch {
	case errors.As(err, &unknown):
		form.Add(name, "problem.text_placeholder", "Name", string(unknown), "Known", strings.Join(Placeholders(occasion), ", "))
	case errors.Is(err, errNotPlain):
		form.Add(name, "problem.text_plain")
	default:
		form.Add(name, "problem.text_braces")
	}
}

// source is the text as the program's own are written.
func (t Template) source() string { return "Subject: " + t.Subject + "\n\n" + t.Body + "\n" }

// compiled is a text ready to be filled.
type compiled struct {
	*template.Template
	prints []string // placeholders that stand outside any {{if}} of their own
}

type unknownPlaceholder string

func (u unknownPlaceholder) Error() string { return "there is no placeholder " + string(u) }

// errNotPlain refuses everything of Go's templates but placeholders and
// {{if .Placeholder}}: organisers write texts, not programs.
var errNotPlain = errors.New("only placeholders and {{if}} are allowed")

// compile parses a text and checks what it asks for.
func compile(name, source, occasion string) (compiled, error) {
	t, err := template.New(name).Option("missingkey=error").Parse(source)
	if err != nil {
		return compiled{}, err
	}
	if t.Tree == nil {
		return compiled{Template: t}, nil
	}
	if len(t.Templates()) > 1 {
		return compiled{}, errNotPlain
	}
	s := scan{known: Placeholders(occasion), prints: map[string]bool{}}
	if err := s.list(t.Tree.Root, nil); err != nil {
		return compiled{}, err
	}
	return compiled{t, slices.Sorted(maps.Keys(s.prints))}, t.Execute(io.Discard, sample(occasion))
}

// scan walks a text's tree.
type scan struct {
	known  []string
	prints map[string]bool
}

func (s scan) list(list *parse.ListNode, guarded []string) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := s.node(node, guarded); err != nil {
			return err
		}
	}
	return nil
}

func (s scan) node(node parse.Node, guarded []string) error {
	switch n := node.(type) {
	case *parse.TextNode, *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		name, err := s.placeholder(n.Pipe)
		if err == nil && !slices.Contains(guarded, name) {
			s.prints[name] = true
		}
		return err
	case *parse.IfNode:
		name, err := s.placeholder(n.Pipe)
		if err != nil {
			return err
		}
		if err := s.list(n.List, append(slices.Clone(guarded), name)); err != nil {
			return err
		}
		return s.list(n.ElseList, guarded)
	}
	return errNotPlain
}

// placeholder returns the name of the only thing that may stand in braces.
func (s scan) placeholder(pipe *parse.PipeNode) (string, error) {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return "", errNotPlain
	}
	field, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(field.Ident) != 1 {
		return "", errNotPlain
	}
	if !slices.Contains(s.known, field.Ident[0]) {
		return "", unknownPlaceholder(field.Ident[0])
	}
	return field.Ident[0], nil
}

// ownText is an event's text that holds, compiled. A later program may offer less
// than the one it was written with: then broken says what is wrong.
type ownText struct {
	Template
	compiled compiled
	broken   error
}

// own returns the event's texts that hold, by occasion. They are kept in memory:
// every letter asks for them.
func (c *Composer) own(ctx context.Context, eventID string) (map[string][]ownText, error) {
	return c.texts.Get(c.DB, eventID, func() (map[string][]ownText, error) {
		newest := map[string]Template{}
		for t, err := range templates.All(ctx, c.DB, store.By("event", eventID)) {
			if err != nil {
				return nil, err
			}
			newest[t.Occasion+"/"+t.Language] = t // versions come in their order
		}
		own := map[string][]ownText{}
		for _, key := range slices.Sorted(maps.Keys(newest)) {
			t := newest[key]
			if t.Withdrawn {
				continue
			}
			parsed, err := compile(key, t.source(), t.Occasion)
			own[t.Occasion] = append(own[t.Occasion], ownText{t, parsed, err})
		}
		return own, nil
	}, templates.Schema().Name)
}

// wording is what a letter is written from.
type wording struct {
	compiled
	lang       string
	allowEmpty bool
}

// textFor finds the text for an occasion and a reader of a category, which is empty
// for those who have none: the event's for the category in their language or the
// nearest that the program speaks, then the event's for everybody, then the program's
// own; where the program has none, the event's in its first language that has one.
func (c *Composer) textFor(ctx context.Context, e event.Event, occasion, category, reader string) (wording, error) {
	all, err := c.own(ctx, e.ID)
	if err != nil {
		return wording{}, err
	}
	near := c.Catalogue.Match(reader)
	lists := [][]ownText{all[occasion]}
	if category != "" {
		lists = [][]ownText{all[ForCategory(occasion, category)], all[occasion]}
	}
	for _, own := range lists {
		if t, ok := inFirst(own, reader, near); ok {
			return t.wording()
		}
	}
	if t, ok := c.builtin[near+"/"+occasion]; ok {
		return wording{t, near, false}, nil
	}
	for _, own := range lists {
		if t, ok := inFirst(own, e.Languages...); ok {
			return t.wording()
		}
		if len(own) > 0 {
			return own[0].wording()
		}
	}
	return wording{}, errNoText
}

// inFirst finds the text in the first of the languages that has one.
func inFirst(own []ownText, languages ...string) (ownText, bool) {
	for _, lang := range languages {
		if i := slices.IndexFunc(own, func(t ownText) bool { return t.Language == lang }); i >= 0 {
			return own[i], true
		}
	}
	return ownText{}, false
}

func (t ownText) wording() (wording, error) {
	if t.broken != nil {
		return wording{}, fmt.Errorf("letter: the text in %s: %w", t.Language, t.broken)
	}
	return wording{t.compiled, t.Language, t.AllowEmpty}, nil
}

var errNoText = errors.New("there is no text yet")

// emptyPlaceholder is the error of a letter that would have a gap.
type emptyPlaceholder string

func (e emptyPlaceholder) Error() string { return emptyBefore + string(e) + emptyAfter }

const emptyBefore, emptyAfter = "the placeholder ", " is empty"

// Explain tells why a letter could not be written, from the error's text as
// others have kept it: for want of any text, or of a value for the placeholder.
func Explain(reason string) (noText bool, placeholder string) {
	if rest, ok := strings.CutPrefix(reason, emptyBefore); ok {
		if name, ok := strings.CutSuffix(rest, emptyAfter); ok {
			return false, name
		}
	}
	return reason == errNoText.Error(), ""
}

// Languages lists the languages that an event's texts can be written in: its own,
// and those that the program speaks.
func (c *Composer) Languages(e event.Event) []string {
	list := slices.Clone(e.Languages)
	for _, lang := range c.Catalogue.Languages() {
		if !slices.Contains(list, lang) {
			list = append(list, lang)
		}
	}
	return list
}

// Direction is the writing direction of a text in the language.
func Direction(lang string) string { return i18n.Direction(lang) }
