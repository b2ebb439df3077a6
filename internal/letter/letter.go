// Package letter writes letters: it fills a template of the occasion and the
// reader's language with what is known at the time, and makes text and HTML of
// the same source.
//
// A template is Markdown under views/letters/<language>/<occasion>.md; its first
// line is the subject. Placeholders are named ({{.Event}}); one that the occasion
// does not offer is an error when the program starts.
package letter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"convene/internal/audience"
	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/privacy"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/reminder"
	"convene/internal/signup"
	"convene/internal/statement"
	"convene/internal/store"
)

// Composer writes letters. It implements outbox.Composer.
type Composer struct {
	Catalogue  *i18n.Catalogue
	BaseURL    string         // without a slash at its end
	Network    string         // who writes
	From       outbox.Address // the sender
	ReplyTo    outbox.Address // where answers go, unless the event has its own address; zero: to the sender
	DB         *store.DB
	Events     *event.Service
	Delegates  *delegate.Service
	Badges     *badge.Service
	Cities     *city.Service
	Statements *statement.Service
	Files      *file.Service
	Forms      *form.Service

	// MaxAttached is how many bytes the files attached to one letter may have
	// together. Those beyond it are linked instead.
	MaxAttached int

	// Stands reports whether a rule's letter still applies when it is sent.
	Stands func(ctx context.Context, l outbox.Letter) (bool, error)

	Programme *programme.Service
	Signups   *signup.Service
	Clock     func() time.Time

	// Preferences make the links by which readers refuse kinds of letters. Nil:
	// there are none.
	Preferences *outbox.Preferences

	builtin map[string]compiled // the program's own texts, by language/occasion
	sources map[string]string   // the same as they are written
	texts   store.Memo[string, map[string][]ownText]

	attached store.Memo[string, map[string][]Attachment]
	layout   *htmltemplate.Template
}

// Occasions lists the occasions of letters, each with a template in every
// language.
var Occasions = []string{
	delegate.OccasionVerify, delegate.OccasionKnown, delegate.OccasionAwaiting, delegate.OccasionBadge,
	delegate.OccasionWaiting, delegate.OccasionOffered, delegate.OccasionLapsed,
	delegate.OccasionDeclined, delegate.OccasionCancelled, delegate.OccasionLink, delegate.OccasionInvited,
	delegate.OccasionReminded, delegate.OccasionEnrolled, delegate.OccasionLinks, delegate.OccasionGroup,
	delegate.OccasionAnswersApproved, delegate.OccasionAnswersDeclined, delegate.OccasionErased, delegate.OccasionAddress, delegate.OccasionAddressOld,
	delegate.OccasionNominated, delegate.OccasionNudged, delegate.OccasionJoined,
	city.OccasionFocalLink, delegate.OccasionFocalAwaiting,
	delegate.OccasionTransfer, delegate.OccasionTransferKnown, delegate.OccasionTransferOver,
	delegate.OccasionTransferBack, delegate.OccasionTransferred,
	reminder.OccasionPractical, reminder.OccasionWeek, reminder.OccasionDay, reminder.OccasionSession,
	reminder.OccasionThanks, reminder.OccasionSurvey, statement.OccasionChanged, statement.OccasionSubscribe,
	signup.OccasionMovedUp, signup.OccasionAdded, signup.OccasionRemoved, signup.OccasionCancelled,
	privacy.OccasionRetention,
}

// placeholders of all occasions, of those about a delegate, and of single ones.
var (
	common       = []string{"Event", "Dates", "Place", "ProgrammeLink", "RegisterLink", "StatementLink", "SurveyLink", "InDays"}
	ofDelegate   = []string{"Name", "Link", "BadgeLink", "DeclineLink"}
	ofSession    = []string{"Session", "SessionTime", "SessionRoom"}
	ofDelegation = []string{"City", "Role"}
	ofStatement  = []string{"Statement", "State", "Since", "Note", "UnsubscribeLink"}
	ofSignup     = append([]string{"SessionsLink", "Reason"}, ofSession...)
	placeholders = map[string][]string{
		delegate.OccasionVerify:    {"VerifyLink"},
		delegate.OccasionEnrolled:  {"Inviter"},
		delegate.OccasionLinks:     {"Name", linkList},
		delegate.OccasionGroup:     {"VerifyLink", "People"},
		delegate.OccasionBadge:     {"BadgeImage"},
		delegate.OccasionOffered:   {"OfferEnds"},
		delegate.OccasionDeclined:  {"Reason"},
		delegate.OccasionCancelled: {"Reason"},

		delegate.OccasionAnswersDeclined: {"Reason"},

		delegate.OccasionNominated: ofDelegation,
		delegate.OccasionNudged:    ofDelegation,
		delegate.OccasionJoined:    ofDelegation,

		city.OccasionFocalLink:         {"Name", "FocalLink"},
		delegate.OccasionFocalAwaiting: {"Name", "FocalLink", "City", "Waiting"},
		delegate.OccasionTransfer:      {"Colleague", "OfferEnds"},
		delegate.OccasionTransferKnown: {"Colleague"},
		delegate.OccasionTransferred:   {"Colleague"},

		reminder.OccasionSession:    ofSession,
		signup.OccasionMovedUp:      ofSignup,
		signup.OccasionAdded:        ofSignup,
		signup.OccasionRemoved:      ofSignup,
		signup.OccasionCancelled:    ofSignup,
		statement.OccasionChanged:   ofStatement,
		statement.OccasionSubscribe: {"SubscribeLink"},
		privacy.OccasionRetention:   {"Name", "When", "What", "DeskLink"},
	}
)

// toOthers are the occasions of letters to those who are no delegates, or none any
// more.
var toOthers = []string{statement.OccasionChanged, statement.OccasionSubscribe, delegate.OccasionErased, delegate.OccasionLinks, delegate.OccasionGroup, privacy.OccasionRetention}

// Placeholders lists what a template of the occasion may use. Those of rules and
// messages may use what a session has: it is empty where there is none.
func Placeholders(occasion string) []string {
	occasion, _ = OfCategory(occasion)
	list := append([]string{}, common...)
	if !slices.Contains(toOthers, occasion) && !strings.HasPrefix(occasion, "focal.") {
		list = append(list, ofDelegate...)
	}
	if strings.HasPrefix(occasion, "rule.") || strings.HasPrefix(occasion, "message.") {
		return append(list, ofSession...)
	}
	return append(list, placeholders[occasion]...)
}

// Load parses every template of the languages from the folder. A missing or
// broken template, and one with a placeholder that its occasion lacks, is an
// error.
func (c *Composer) Load(fsys fs.FS, dir string) error {
	c.builtin, c.sources = map[string]compiled{}, map[string]string{}
	for _, lang := range c.Catalogue.Languages() {
		for _, occasion := range Occasions {
			name := lang + "/" + occasion
			source, err := fs.ReadFile(fsys, path.Join(dir, name+".md"))
			if err != nil {
				return fmt.Errorf("letter: %w", err)
			}
			c.sources[name] = string(source)
			if c.builtin[name], err = compile(name, string(source), occasion); err != nil {
				return fmt.Errorf("letter: %s: %w", name, err)
			}
		}
	}
	var err error
	c.layout, err = htmltemplate.ParseFS(fsys, path.Join(dir, "layout.html"))
	return err
}

func sample(occasion string) map[string]string {
	facts := map[string]string{}
	for _, name := range Placeholders(occasion) {
		facts[name] = name
	}
	return facts
}

// Compose implements outbox.Composer.
func (c *Composer) Compose(ctx context.Context, l outbox.Letter, p outbox.Purpose) (outbox.Message, error) {
	if err := c.stands(ctx, l, p); err != nil {
		return outbox.Message{}, err
	}
	return c.compose(ctx, l, p, nil)
}

// PreviewFor returns the letter as its recipient would get it now, with personal
// links hidden: from the draft instead of the text that holds, if there is one.
func (c *Composer) PreviewFor(ctx context.Context, l outbox.Letter, draft *Template) (outbox.Copy, error) {
	m, err := c.compose(ctx, l, outbox.ForReading, draft)
	return m.Copy(), err
}

func (c *Composer) compose(ctx context.Context, l outbox.Letter, p outbox.Purpose, draft *Template) (outbox.Message, error) {
	if sample := l.Data["sample"]; sample != "" { // a test: written as to them, but it is not theirs
		l.Person = sample
	}
	w := &writer{Composer: c, letter: l, reveal: p == outbox.ForSending && l.Data["test"] == "", facts: map[string]string{}}
	var err error
	if w.event, err = c.Events.Get(ctx, c.DB, l.Event); err != nil {
		return outbox.Message{}, err
	}
	if l.Person != "" {
		if w.delegate, err = c.Delegates.Get(ctx, l.Person); err != nil {
			return outbox.Message{}, err
		}
	}
	if w.text, err = w.choose(ctx, draft); err != nil {
		return outbox.Message{}, err
	}
	w.print = c.Catalogue.For(c.Catalogue.Match(w.text.lang))
	if err := errors.Join(w.gather(ctx), w.attachFiles(ctx)); err != nil {
		return outbox.Message{}, err
	}
	subject, body, err := w.fill()
	if err != nil {
		return outbox.Message{}, err
	}
	w.offerChoice()
	if w.message.HTML, w.message.Text, err = w.lay(subject, body); err != nil {
		return outbox.Message{}, err
	}
	if l.Data["test"] != "" {
		subject = w.print.T("letter.test", "Subject", subject)
	}
	w.message.Language = w.text.lang
	w.message.Subject, w.message.ReplyTo = subject, w.replyTo()
	return w.message, nil
}

// offerChoice lets the reader refuse letters of this kind: on a page, and by the
// mail program's own button (RFC 8058).
func (w *writer) offerChoice() {
	if w.letter.Kind == "" || w.Preferences == nil {
		return
	}
	token := w.Preferences.Token(w.letter)
	w.choice = w.personal("/letters/", token, "")
	if !w.reveal {
		return
	}
	w.message.Headers = map[string]string{
		"List-Unsubscribe":      "<" + w.personal("/letters/", token, "/stop") + ">",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	}
}

// replyTo is where answers go: to the event's organisers, if they have an address
// of their own.
func (w *writer) replyTo() outbox.Address {
	if w.event.ReplyTo == "" {
		return w.ReplyTo
	}
	return outbox.Address{Name: w.print.Text(w.event.Title), Email: w.event.ReplyTo}
}

// choose finds the letter's text; a draft goes before all others.
func (w *writer) choose(ctx context.Context, draft *Template) (wording, error) {
	if draft == nil {
		return w.textFor(ctx, w.event, w.letter.Occasion, w.category(), w.letter.Language)
	}
	parsed, err := compile("draft", draft.source(), w.letter.Occasion)
	return wording{parsed, draft.Language, draft.AllowEmpty}, err
}

// stands refuses to write a rule's letter that no longer applies.
func (c *Composer) stands(ctx context.Context, l outbox.Letter, p outbox.Purpose) error {
	if p != outbox.ForSending || l.Data["rule"] == "" || c.Stands == nil {
		return nil
	}
	ok, err := c.Stands(ctx, l)
	if err == nil && !ok {
		return outbox.ErrPointless
	}
	return err
}

// writer writes one letter.
type writer struct {
	*Composer
	letter   outbox.Letter
	delegate delegate.Delegate // the zero one for letters to others
	print    *i18n.Printer
	text     wording
	reveal   bool // personal links; hidden from readers at the desk
	event    event.Event
	zone     string // the reader's, when they have one of their own
	facts    map[string]string
	choice   string // link to the page where the reader refuses letters
	linked   []linkedFile
	behalf   string // that the letter comes to who registered its addressee
	message  outbox.Message
}

// gather looks up what the letter tells.
func (w *writer) gather(ctx context.Context) error {
	w.gatherEvent()
	if w.letter.Person != "" {
		if err := w.gatherDelegate(ctx); err != nil {
			return err
		}
	}
	if name := w.letter.Data["name"]; name != "" { // somebody who is no delegate
		w.facts["Name"] = name
	}
	if err := w.gatherSession(ctx); err != nil {
		return err
	}
	var err error
	switch w.letter.Occasion {
	case delegate.OccasionLinks:
		return w.gatherLinks(ctx)
	case delegate.OccasionGroup:
		return w.gatherGroup(ctx)
	case statement.OccasionChanged:
		return w.gatherStatement(ctx)
	case city.OccasionFocalLink, delegate.OccasionFocalAwaiting:
		return w.gatherFocal(ctx)
	case statement.OccasionSubscribe:
		w.facts["SubscribeLink"], err = w.subscriptionLink(ctx, "confirm")
	case privacy.OccasionRetention:
		return w.gatherRetention(ctx)
	}
	return err
}

func (w *writer) gatherEvent() {
	e := w.event
	w.facts["Event"] = w.print.Text(e.Title)
	w.facts["Dates"] = w.print.DateRange(e.FirstDay(), e.LastDay())
	place := e.City
	if e.Country != "" {
		place += ", " + w.print.Country(e.Country)
	}
	if e.Venue != "" {
		place = e.Venue + ", " + place
	}
	w.facts["Place"] = place
	home := w.BaseURL + "/e/" + e.Slug
	w.facts["ProgrammeLink"] = home + "/programme"
	w.facts["RegisterLink"] = home + "/register"
	w.facts["StatementLink"] = home + "/statement"
	w.facts["SurveyLink"] = e.SurveyLink
	if days := e.DaysLeft(w.due()); days > 0 && !e.MonthOnly {
		w.facts["InDays"] = w.print.N("letter.in_days", days)
	}
}

// due is when the letter is due by its rule; now, for any other.
func (w *writer) due() time.Time {
	if t, err := time.Parse(time.RFC3339, w.letter.Data["due"]); err == nil {
		return t
	}
	return w.Clock()
}

// gatherSession tells of the session that the letter is about, by the clocks of
// the event's place and, where they differ, of the reader's.
func (w *writer) gatherSession(ctx context.Context) error {
	id := w.letter.Data["session"]
	if id == "" {
		return nil
	}
	session, err := w.Programme.SessionByID(ctx, id)
	if err != nil {
		return err
	}
	there := session.Start.In(w.event.Location())
	when := w.print.DateTime(there)
	if here := session.Start.In(audience.Zone(w.event, w.zone)); here.Format(time.DateTime) != there.Format(time.DateTime) {
		when = w.print.T("letter.two_clocks", "There", when, "Here", w.print.DateTime(here))
	}
	w.facts["Session"], w.facts["SessionTime"] = w.print.Text(session.Title), when
	if room, ok := w.event.Room(session.Room); ok {
		w.facts["SessionRoom"] = w.print.Text(room.Name)
	}
	return nil
}

func (w *writer) gatherDelegate(ctx context.Context) error {
	d := w.delegate
	w.facts["Name"], w.zone = d.Name, d.TimeZone
	w.facts["Link"] = w.personal("/r/", w.Delegates.ManageToken(d), "")
	w.facts["BadgeLink"] = w.personal("/r/", w.Delegates.ManageToken(d), "/badge")
	w.facts["SessionsLink"] = w.personal("/r/", w.Delegates.ManageToken(d), "/sessions")
	w.facts["DeclineLink"] = w.personal("/r/", w.Delegates.ManageToken(d), "/decline")
	w.facts["Inviter"] = w.Network
	if d.Invited != nil && d.Invited.By != "" {
		w.facts["Inviter"] = d.Invited.By
	}
	if d.Contact != "" && w.letter.Occasion != delegate.OccasionVerify {
		w.behalf = w.print.T("letter.behalf", "Name", i18n.Isolate(d.Name, w.print.Dir()))
	}
	if serial, err := strconv.Atoi(w.letter.Data["serial"]); err == nil {
		w.facts["VerifyLink"] = w.personal("/verify/", w.Delegates.VerifyToken(d, serial), "")
	}
	if len(d.Steps) > 0 {
		w.facts["Reason"] = d.Steps[len(d.Steps)-1].Reason
	}
	if reason, of := w.letter.Data["reason"]; of { // of something that is no step
		w.facts["Reason"] = reason
	}
	if ends, err := time.Parse(time.RFC3339, w.letter.Data["offer_ends"]); err == nil {
		w.facts["OfferEnds"] = w.print.DateTime(ends.In(audience.Zone(w.event, w.zone)))
	}
	if id := w.letter.Data["colleague"]; id != "" {
		colleague, err := w.Delegates.Get(ctx, id)
		if err != nil && problem.KindOf(err) == problem.NotFound {
			return outbox.ErrPointless // erased meanwhile, and the transfer with them
		}
		if err != nil {
			return err
		}
		w.facts["Colleague"] = colleague.Name
	}
	switch w.letter.Occasion {
	case delegate.OccasionBadge:
		if w.letter.Data["test"] == "" { // who tries the letter has no place at the event
			if err := w.offerCalendar(ctx, d); err != nil {
				return err
			}
		}
		return w.attachBadge(ctx, d)
	case delegate.OccasionCancelled, delegate.OccasionTransferred:
		w.withdrawCalendar(d)
	case delegate.OccasionNominated, delegate.OccasionNudged, delegate.OccasionJoined:
		return w.gatherDelegation(ctx, d)
	case signup.OccasionMovedUp, signup.OccasionAdded, signup.OccasionRemoved, signup.OccasionCancelled:
		return w.changeCalendar(ctx, d)
	}
	return nil
}

// attachBadge puts the code's picture into the letter. A registration that has
// lost its badge since has a letter that is pointless now.
func (w *writer) attachBadge(ctx context.Context, d delegate.Delegate) error {
	w.facts["BadgeImage"] = "cid:" + badgeImageID
	if d.Badge == "" {
		return fmt.Errorf("letter: the registration has no badge any more")
	}
	b, err := w.Badges.Get(ctx, w.DB, d.Badge)
	if err != nil {
		return err
	}
	code, err := w.Badges.Code(b)
	if err != nil {
		return err
	}
	picture, err := badge.DrawPNG(code, badgeImageSize)
	if err != nil {
		return err
	}
	if w.reveal { // whoever sees the code can walk in with it
		w.message.Inline = append(w.message.Inline, outbox.File{
			Name: "badge.png", ContentType: "image/png", ContentID: badgeImageID, Data: picture,
		})
	}
	return nil
}

const (
	badgeImageID   = "badge@convene"
	badgeImageSize = 360 // pixels: readable from a phone's screen
)

// gatherRetention tells organisers what is erased for its age.
func (w *writer) gatherRetention(ctx context.Context) error {
	at, err := time.Parse(time.RFC3339, w.letter.Data["at"])
	if err != nil {
		return fmt.Errorf("letter: when it is erased: %w", err)
	}
	n, err := strconv.Atoi(w.letter.Data["count"])
	if err != nil {
		return fmt.Errorf("letter: how many are erased: %w", err)
	}
	w.facts["When"] = w.print.Date(at.In(w.event.Location()))
	w.facts["What"] = w.print.N("privacy.letter.people", n)
	if id := w.letter.Data["question"]; id != "" {
		set, err := w.Forms.Of(ctx, w.event.ID)
		if err != nil {
			return err
		}
		q, _ := set.Question(id)
		w.facts["What"] = w.print.N("privacy.letter.answers", n, "Question", w.print.Text(q.Label))
	}
	w.facts["DeskLink"] = w.BaseURL + "/desk/e/" + w.event.Slug + "/privacy"
	return nil
}

func (w *writer) gatherStatement(ctx context.Context) error {
	st, err := w.Statements.Get(ctx, w.DB, w.letter.Data["statement"])
	if err != nil {
		return err
	}
	i, err := strconv.Atoi(w.letter.Data["step"])
	if err != nil || i < 0 || i >= len(st.History) {
		return fmt.Errorf("letter: statement %s has no step %q", st.ID, w.letter.Data["step"])
	}
	step := st.History[i]
	w.facts["Statement"] = w.print.Text(st.Title)
	w.facts["State"] = w.print.T("statement.state." + string(step.State))
	w.facts["Since"] = w.print.DateTime(step.At.In(w.event.Location()))
	w.facts["Note"] = step.Note
	w.facts["UnsubscribeLink"], err = w.subscriptionLink(ctx, "stop")
	return err
}

func (w *writer) subscriptionLink(ctx context.Context, action string) (string, error) {
	if !w.reveal {
		return w.personal("/follow/", "", "/"+action), nil
	}
	sub, err := w.Statements.Subscription(ctx, w.letter.Data["subscription"])
	if err != nil {
		return "", err
	}
	return w.personal("/follow/", w.Statements.Token(sub), "/"+action), nil
}

// hidden stands for a token where staff read a letter.
const hidden = "…"

func (w *writer) personal(before, token, after string) string {
	if !w.reveal {
		token = hidden
	}
	return w.BaseURL + before + token + after
}

// fill executes the template: once with values as they are for the subject, once
// escaped for the Markdown. A placeholder that the text prints and that is empty
// is an error, unless the text allows it.
func (w *writer) fill() (subject, body string, err error) {
	t := w.text
	for _, name := range Placeholders(w.letter.Occasion) {
		if _, ok := w.facts[name]; !ok {
			w.facts[name] = ""
		}
	}
	for _, name := range t.prints {
		if w.facts[name] == "" && !t.allowEmpty && w.shown(name) {
			return "", "", emptyPlaceholder(name)
		}
	}
	plain, escaped := maps.Clone(w.facts), maps.Clone(w.facts)
	for name, value := range w.facts {
		if !strings.HasSuffix(name, "Link") && !strings.HasSuffix(name, "Image") && name != linkList {
			plain[name] = i18n.Isolate(value, Direction(t.lang))
			escaped[name] = escape(plain[name])
		}
	}
	var raw, marked bytes.Buffer
	if err := t.Execute(&raw, plain); err != nil {
		return "", "", fmt.Errorf("letter: %w", err)
	}
	if err := t.Execute(&marked, escaped); err != nil {
		return "", "", fmt.Errorf("letter: %w", err)
	}
	first, _, _ := strings.Cut(raw.String(), "\n")
	subject, ok := strings.CutPrefix(first, "Subject: ")
	if !ok {
		return "", "", fmt.Errorf("letter: %s: the first line is no subject", t.Name())
	}
	_, body, _ = strings.Cut(marked.String(), "\n")
	return strings.Join(strings.Fields(subject), " "), body, nil
}

// shown reports whether the placeholder's value is there for whom the letter is
// composed.
func (w *writer) shown(name string) bool { return w.reveal || name != "BadgeImage" }

// lay puts the body into the frame that all letters share.
func (w *writer) lay(subject, body string) (html, plain string, err error) {
	inner, plain, err := render(body+w.tooLarge(), w.event.Ink(), w.event.Accent)
	if err != nil {
		return "", "", fmt.Errorf("letter: %w", err)
	}
	foot := w.print.T("letter.foot", "Network", w.Network)
	if w.behalf != "" {
		foot = w.behalf + " " + foot
	}
	var b bytes.Buffer
	err = w.layout.Execute(&b, map[string]any{
		"Lang": w.text.lang, "Dir": Direction(w.text.lang), "Subject": subject, "Sender": w.Network,
		"Accent": htmltemplate.CSS(w.event.Accent), // #rrggbb; event.Save sees to that
		"Body":   htmltemplate.HTML(inner),         // goldmark's own, without raw HTML
		"Foot":   foot, "Preview": Opening(plain), "FrameLang": w.print.Lang(), "FrameDir": w.print.Dir(), "Choice": w.choice, "ChoiceText": w.print.T("letter.choice"),
	})
	if w.choice != "" {
		foot += "\n" + w.print.T("letter.choice") + ":\n" + w.choice
	}
	return b.String(), plain + "\n-- \n" + foot + "\n", err
}

// Opening is what lists of letters show beside the subject: how the plain text
// begins, up to its first address.
func Opening(plain string) string {
	words, _, _ := strings.Cut(plain, "http")
	words = strings.TrimRight(strings.Join(strings.Fields(words), " "), " (:")
	if cut := []rune(words); len(cut) > 140 {
		words = string(cut[:140]) + "…"
	}
	return words
}

// Opened puts the links that open the person's own pages back into the plain text
// that was kept of a letter to them. It is for nobody else's eyes.
func (c *Composer) Opened(kept string, l outbox.Letter, d delegate.Delegate) string {
	return strings.NewReplacer(
		c.BaseURL+"/r/"+hidden, c.BaseURL+"/r/"+c.Delegates.ManageToken(d),
		c.BaseURL+"/letters/"+hidden, c.BaseURL+"/letters/"+c.Preferences.Token(l),
	).Replace(kept)
}
