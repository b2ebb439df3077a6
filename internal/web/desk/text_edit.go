package desk

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/privacy"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// textPage is desk/text.html.
type textPage struct {
	kit.Frame
	Crumbs       []kit.Link
	Name         string
	Path         string // with the language
	Tabs         []stateTab
	Form         *kit.Form
	Language     string
	LanguageName string
	Dir          string
	Own          bool         // the event has a text of its own
	Category     string       // whom it is for, if not for everybody
	Whom         []kit.Option // the categories that it can be for
	Occasion     string
	Locked       string // why the text can only be read; empty: it can be changed
	Seen         int    // its version
	Placeholders []placeholder
	Versions     []versionRow
	Newer        *letter.Template // saved by somebody else meanwhile
	Shown        *outbox.Copy
	ShownTo      string
	Unwritten    string
	Back         string // the rule or message that the text belongs to
	Files        []attachedFile
	FileFor      []kit.Option
	FileEndings  string // for the field
	FileMax      int    // MiB
	Times        string
}

// attachedFile is a file that goes with letters of the occasion.
type attachedFile struct {
	ID, Name, Href, Size string
	Language             string // it goes with texts in that language only; empty: with all
}

type placeholder struct{ Name, Write, Meaning string }

type versionRow struct {
	Number    int
	At        Moment
	By        string
	Subject   string
	Withdrawn bool
	Use       string
}

// Text shows a letter's text in one language, with a look at what somebody would
// read.
func (s *Pages) Text(c *fiber.Ctx) error {
	e, code, lang, err := s.textAddress(c)
	if err != nil {
		return err
	}
	own, err := s.app.Composer.Texts(c.UserContext(), e.ID, code)
	if err != nil {
		return err
	}
	shown, ok := own[lang]
	if !ok {
		if shown, err = s.general(c.UserContext(), e, code, lang); err != nil {
			return err
		}
	}
	if n, err := strconv.Atoi(c.Query("version")); err == nil {
		if shown, err = s.version(c.UserContext(), e, code, lang, n); err != nil {
			return err
		}
	}
	values := url.Values{"subject": {shown.Subject}, "body": {shown.Body}, "to": {c.Query("to")}}
	if shown.AllowEmpty {
		values.Set("allow_empty", "on")
	}
	return s.renderText(c, e, code, lang, kit.NewForm(c, values), nil)
}

// general is the text that holds where there is none of the code's own: for a
// category the event's for everybody, or else the program's.
func (s *Pages) general(ctx context.Context, e event.Event, code, lang string) (letter.Template, error) {
	occasion, category := letter.OfCategory(code)
	var t letter.Template
	if category != "" {
		own, err := s.app.Composer.Texts(ctx, e.ID, occasion)
		if err != nil {
			return t, err
		}
		if everybodys, ok := own[lang]; ok {
			return letter.Template{Subject: everybodys.Subject, Body: everybodys.Body, AllowEmpty: everybodys.AllowEmpty}, nil
		}
	}
	t.Subject, t.Body = s.app.Composer.Builtin(occasion, lang)
	return t, nil
}

// textAddress reads which event, occasion and language the address names.
func (s *Pages) textAddress(c *fiber.Ctx) (e event.Event, code, lang string, err error) {
	if e, err = s.event(c); err != nil {
		return e, "", "", err
	}
	code = strings.Clone(c.Params("occasion"))
	if of, category := letter.OfCategory(code); category != "" || of != code { // which the query names
		return e, code, "", fiber.ErrNotFound
	}
	if !slices.Contains(letter.Occasions, code) { // then it is that of a rule or message
		if _, _, err := s.origin(c.UserContext(), kit.Printer(c), e, strings.Replace(code, ".", "/", 1)); err != nil {
			return e, code, "", err
		}
	}
	list := s.app.Composer.Languages(e)
	if lang = strings.Clone(c.Query("language")); !slices.Contains(list, lang) {
		lang = list[0]
	}
	if category, ok := e.Category(c.Query("category")); ok && !strings.HasPrefix(code, "message.") { // a message chooses its readers itself
		code = letter.ForCategory(code, category.ID)
	}
	return e, code, lang, nil
}

func (s *Pages) version(ctx context.Context, e event.Event, code, lang string, n int) (letter.Template, error) {
	list, err := s.app.Composer.Versions(ctx, s.app.DB, e.ID, code, lang)
	for _, t := range list {
		if t.Version == n {
			return t, err
		}
	}
	if err == nil {
		err = fiber.ErrNotFound
	}
	return letter.Template{}, err
}

// TextSave saves a text, looks at it, sends it to oneself, or goes back to the
// program's own.
func (s *Pages) TextSave(c *fiber.Ctx) error {
	e, code, lang, err := s.textAddress(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	do, _, _ := strings.Cut(form.Value("do"), " ")
	if !slices.Contains([]string{"save", "test", "preview", "withdraw", "attach", "detach"}, do) {
		return fiber.ErrNotFound
	}
	if done, err := s.textFiles(c, e, code, lang, form); done || err != nil {
		return err
	}
	seen, err := strconv.Atoi(form.Value("seen"))
	if err != nil {
		seen = 0
	}
	draft := letter.Template{
		Event: e.ID, Occasion: code, Language: lang, Version: max(seen, 0), Withdrawn: do == "withdraw",
		Subject: form.Value("subject"), Body: form.Value("body"), AllowEmpty: form.Checked("allow_empty"),
	}
	err = s.textDo(c, e, do, form.Value("to"), draft)
	if form.Refused(err) {
		status := fiber.StatusUnprocessableEntity
		if problem.KindOf(err) == problem.Conflict {
			status = fiber.StatusConflict
		}
		return s.renderText(c.Status(status), e, code, lang, form, &draft)
	}
	if err != nil {
		return err
	}
	if do == "preview" {
		return s.renderText(c, e, code, lang, form, &draft)
	}
	if _, category := letter.OfCategory(code); category != "" && do == "withdraw" {
		do = "withdraw_category"
	}
	kit.Flash(c, kit.Good, "text.done."+do)
	return c.Redirect(textPath(e, code, lang), fiber.StatusSeeOther)
}

// textDo checks the draft, and saves it unless it is only to be looked at. A test
// goes out as to the delegate whose name was typed.
func (s *Pages) textDo(c *fiber.Ctx, e event.Event, do, to string, draft letter.Template) error {
	ctx := c.UserContext()
	if do == "preview" || do == "test" {
		if _, err := s.sampleLetter(ctx, e, draft.Occasion, to); err != nil {
			return err
		}
	}
	if do == "preview" {
		return draft.Check()
	}
	err := s.app.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.wroteText(ctx, tx, e, draft.Occasion, draft.Language); err != nil {
			return err
		}
		_, err := s.app.Composer.Save(ctx, tx, draft)
		return err
	})
	if err != nil || do != "test" {
		return err
	}
	return s.sendTest(c, e, draft.Occasion, draft.Language, to)
}

// wroteText notes who changes the text of a message, in the transaction that does,
// and refuses it once the message is released. Other texts can always be changed.
func (s *Pages) wroteText(ctx context.Context, tx *store.Tx, e event.Event, code, lang string) error {
	id, ok := strings.CutPrefix(code, "message.")
	if !ok {
		return nil
	}
	return s.app.Messages.Wrote(ctx, tx, e, id, lang)
}

// sendTest writes the letter to whoever is signed in, as the recipient would get
// it but without personal links.
func (s *Pages) sendTest(c *fiber.Ctx, e event.Event, code, lang, to string) error {
	ctx, staff := c.UserContext(), kit.Staff(c)
	l, err := s.sampleLetter(ctx, e, code, to)
	if err != nil {
		return err
	}
	_, category := letter.OfCategory(code)
	now := s.app.Clock()
	l.ID = outbox.ID("test", code, staff.ID, store.NewID())
	l.To, l.Language, l.Kind, l.Origin, l.Urgent = outbox.Address{Name: staff.Name, Email: staff.Email}, lang, "", "", true
	l.Deadline = now.AddDate(0, 0, 1)
	if l.Data == nil {
		l.Data = map[string]string{}
	}
	l.Data["test"], l.Data["sample"], l.Person = "yes", l.Person, ""
	l.Data["category"] = category
	delete(l.Data, "rule") // a test is not one of the rule's letters
	l.Unkept = true        // it tells of the sample, who may want to be erased
	return s.app.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := outbox.Queue(ctx, tx, now, l)
		return err
	})
}

// sampleLetter is a letter to the delegate whose name was typed, or else to the
// first whom it could go to. That nobody has the name is a problem of kind Invalid,
// under the field "to".
func (s *Pages) sampleLetter(ctx context.Context, e event.Event, code, to string) (outbox.Letter, error) {
	code, category := letter.OfCategory(code)
	l := outbox.Letter{ID: "preview", Occasion: code, Event: e.ID, Data: map[string]string{"serial": "1"}}
	if err := s.sampleData(ctx, e, code, &l); err != nil {
		return l, err
	}
	if to == "" && category == "" {
		if found, err := s.firstOf(ctx, e, code); err != nil || found.ID != "" {
			return found, err
		}
	}
	d, err := s.sampleReader(ctx, e, category, to)
	if err != nil || d.ID == "" {
		return l, err
	}
	l.Person, l.To = d.ID, outbox.Address{Name: d.Name, Email: d.Email}
	return l, nil
}

// sampleReader is the delegate whose name was typed; without one the first who is
// confirmed and of the category, or as near to that as there is anybody.
func (s *Pages) sampleReader(ctx context.Context, e event.Event, category, to string) (delegate.Delegate, error) {
	filters := []delegate.Filter{{Text: to}}
	if to == "" {
		filters = []delegate.Filter{{State: delegate.Confirmed, Category: category}, {Category: category}, {State: delegate.Confirmed}}
	}
	for _, filter := range filters {
		page, err := s.app.Delegates.Find(ctx, e.ID, filter, "", 1)
		if err != nil || len(page.Items) > 0 {
			return append(page.Items, delegate.Delegate{})[0], err
		}
	}
	if to == "" {
		return delegate.Delegate{}, nil
	}
	var faults problem.Form
	faults.Add("to", "text.nobody")
	return delegate.Delegate{}, faults.Err()
}

// firstOf is the first letter that a rule or message would write; the zero letter
// for any other occasion, and where nobody fits.
func (s *Pages) firstOf(ctx context.Context, e event.Event, code string) (outbox.Letter, error) {
	if id, ok := strings.CutPrefix(code, "rule."); ok {
		r, err := s.app.Reminders.Rule(ctx, e, id)
		if err != nil {
			return outbox.Letter{}, err
		}
		list, err := s.app.Reminders.Recipients(ctx, e, r, 1)
		if len(list) > 0 {
			return list[0].Letter, err
		}
		return outbox.Letter{}, err
	}
	if id, ok := strings.CutPrefix(code, "message."); ok {
		m, err := s.app.Messages.Get(ctx, e, id)
		if err != nil {
			return outbox.Letter{}, err
		}
		list, err := s.app.Messages.Recipients(ctx, e, m, 1)
		if len(list) > 0 {
			return list[0], err
		}
		return outbox.Letter{}, err
	}
	return outbox.Letter{}, nil
}

// sampleData fills in what letters of the occasion are about.
func (s *Pages) sampleData(ctx context.Context, e event.Event, code string, l *outbox.Letter) error {
	if err := s.sampleCity(ctx, code, l); err != nil {
		return err
	}
	l.Data["at"], l.Data["count"] = s.app.Clock().Add(privacy.Notice).Format(time.RFC3339), "650"
	l.Data["offer_ends"] = s.app.Clock().Add(e.Registration.Offer()).Format(time.RFC3339)
	statements, err := s.app.Statements.Of(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(statements) > 0 && len(statements[0].History) > 0 {
		l.Data["statement"], l.Data["step"] = statements[0].ID, strconv.Itoa(len(statements[0].History)-1)
	}
	if !slices.Contains(letter.Placeholders(code), "Session") {
		return nil
	}
	sessions, err := s.app.Programme.Sessions(ctx, e.ID)
	if len(sessions) > 0 {
		l.Data["session"] = sessions[0].ID
	}
	return err
}

// sampleCity has letters about a delegation be about that of some member.
func (s *Pages) sampleCity(ctx context.Context, code string, l *outbox.Letter) error {
	if !slices.Contains(letter.Placeholders(code), "City") {
		return nil
	}
	members, err := s.app.Cities.List(ctx)
	if len(members) > 0 {
		l.Data["city"], l.Data["role"] = members[0].ID, string(delegate.RoleHead)
	}
	return err
}

func textPath(e event.Event, code, lang string) string {
	occasion, category := letter.OfCategory(code)
	values := url.Values{"language": {lang}}
	if category != "" {
		values.Set("category", category)
	}
	return withQuery(deskPath(e, "texts", occasion), values)
}

// renderText shows the form. A draft is looked at instead of the text that holds.
func (s *Pages) renderText(c *fiber.Ctx, e event.Event, code, lang string, form *kit.Form, draft *letter.Template) error {
	ctx, p := c.UserContext(), kit.Printer(c)
	names, err := s.occasionNames(ctx, p, e)
	if err != nil {
		return err
	}
	name := names(code)
	frame, err := s.frame(c, &e, kit.DeskTexts, name)
	if err != nil {
		return err
	}
	versions, err := s.app.Composer.Versions(ctx, s.app.DB, e.ID, code, lang)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{"subject": p.T("text.subject"), "body": p.T("text.body"), "file": p.T("text.file"), "to": p.T("text.to")}
	clock := s.clock(frame.Printer, &e)
	page := textPage{
		Frame: frame, Name: name, Path: textPath(e, code, lang), Form: form, Language: lang, LanguageName: p.LanguageName(lang),
		Dir: letter.Direction(lang), Own: len(versions) > 0 && !versions[0].Withdrawn, Seen: len(versions), Back: ownerPath(e, code),
		Crumbs: []kit.Link{{Href: deskPath(e, "texts"), Label: p.T("text.title")}, {Label: name}}, Times: clock.zoneNote(&e),
		Placeholders: placeholdersOf(p, code), Tabs: s.languageTabs(p, e, code, lang),
	}
	if err := s.suitMessage(c, &page, e, code); err != nil {
		return err
	}
	if page.Files, err = s.attachedFiles(ctx, p, e, code); err != nil {
		return err
	}
	page.forCategory(e, code)
	page.FileFor = []kit.Option{{Value: "all", Label: p.T("text.for_all")}, {Value: lang, Label: p.T("text.for_language", "Language", page.LanguageName)}}
	page.FileEndings, page.FileMax = strings.Join(file.Endings(), ","), s.app.Files.Max>>20
	if draft != nil && draft.Version < len(versions) {
		page.Newer = &versions[0]
	}
	for _, v := range versions {
		page.Versions = append(page.Versions, versionRow{
			Number: v.Version, At: clock.moment(v.At), By: v.By, Subject: v.Subject, Withdrawn: v.Withdrawn,
			Use: page.Path + "&version=" + strconv.Itoa(v.Version),
		})
	}
	if err := s.showText(ctx, &page, e, code, draft); err != nil {
		return err
	}
	return kit.Render(c, "desk/text", page)
}

// forCategory tells for whom the text is, and offers those for whom there can be
// another. A message chooses its readers itself.
func (page *textPage) forCategory(e event.Event, code string) {
	occasion, category := letter.OfCategory(code)
	if category != "" {
		page.Category = e.CategoryLabel(page.Printer, category)
	}
	if strings.HasPrefix(occasion, "message.") {
		return
	}
	page.Occasion = deskPath(e, "texts", occasion)
	page.Whom = categoryChoice(page.Frame, e, category)
}

// categoryChoice is everybody and each category, for a letter's readers.
func categoryChoice(f kit.Frame, e event.Event, chosen string) []kit.Option {
	list := []kit.Option{{Label: f.T("text.everybody"), Selected: chosen == ""}}
	for _, c := range e.Categories() {
		list = append(list, kit.Option{Value: c.ID, Label: e.CategoryLabel(f.Printer, c.ID), Selected: c.ID == chosen})
	}
	return list
}

// suitMessage leaves out what letters of the message can never tell, and says why a
// text that was released can only be read. In a form that was just sent, what was
// typed stays: it is not lost while the message is taken back.
func (s *Pages) suitMessage(c *fiber.Ctx, page *textPage, e event.Event, code string) error {
	id, ok := strings.CutPrefix(code, "message.")
	if !ok {
		return nil
	}
	m, err := s.app.Messages.Get(c.UserContext(), e, id)
	if err != nil {
		return err
	}
	never := []string{"Session", "SessionTime", "SessionRoom"}
	if g := s.groupOf(m.Audience.Group); !g.Delegates {
		never = append(never, "Link", "BadgeLink")
	}
	page.Placeholders = slices.DeleteFunc(page.Placeholders, func(p placeholder) bool { return slices.Contains(never, p.Name) })
	var told *problem.Error
	if errors.As(m.Locked(), &told) && c.Method() == fiber.MethodGet {
		page.Locked = page.T(told.Key, told.Args...)
	}
	return nil
}

// showText composes what a recipient would read from what stands in the form.
func (s *Pages) showText(ctx context.Context, page *textPage, e event.Event, code string, draft *letter.Template) error {
	if page.Form.Value("body") == "" || len(page.Form.Faults) > 0 {
		return nil
	}
	l, err := s.sampleLetter(ctx, e, code, page.Form.Value("to"))
	if page.Form.Refused(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if draft == nil {
		draft = &letter.Template{
			Event: e.ID, Occasion: code, Language: page.Language, Subject: page.Form.Value("subject"), Body: page.Form.Value("body"),
			AllowEmpty: page.Form.Checked("allow_empty"),
		}
	}
	content, err := s.app.Composer.PreviewFor(ctx, l, draft)
	page.ShownTo = l.To.Name
	switch {
	case err == nil:
		page.Shown = &content
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		page.Unwritten = unwritten(page.Printer, strings.TrimPrefix(err.Error(), "letter: "))
	}
	return nil
}

// ownerPath is the page of the rule or message that a text belongs to.
func ownerPath(e event.Event, code string) string {
	code, _ = letter.OfCategory(code)
	if id, ok := strings.CutPrefix(code, "rule."); ok {
		return deskPath(e, "rules", id)
	}
	if id, ok := strings.CutPrefix(code, "message."); ok {
		return deskPath(e, "messages", id)
	}
	return ""
}

func placeholdersOf(p *i18n.Printer, code string) []placeholder {
	var list []placeholder
	for _, name := range letter.Placeholders(code) {
		list = append(list, placeholder{name, "{{." + name + "}}", p.T("text.placeholder." + name)})
	}
	return list
}

func (s *Pages) languageTabs(p *i18n.Printer, e event.Event, code, current string) []stateTab {
	var tabs []stateTab
	for _, lang := range s.app.Composer.Languages(e) {
		tabs = append(tabs, stateTab{Href: textPath(e, code, lang), Label: p.LanguageName(lang), Current: lang == current})
	}
	return tabs
}
