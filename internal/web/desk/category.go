package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// categoriesPage is desk/categories.html.
type categoriesPage struct {
	kit.Frame
	Path   string
	Rows   []categoryRow
	Unused []kit.Option // usual ones that the event does not have
	Form   *kit.Form
	Times  string
}

// categoryRow is a category as the list shows it.
type categoryRow struct {
	ID, Name, Href string
	Places         string // how many are taken, of how many; empty: no limit of its own
	Waiting        string // how many wait for one; empty: nobody
	Opens, Closes  Moment
	Mode           string
	Seen           string
	Hidden         bool   // from all but the organisers
	Colour         string // its class; empty: the usual one
	Registered     string
	People         string // the list of them
	First, Last    bool
}

// Categories lists in which categories people take part.
func (s *Pages) Categories(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	counts, err := s.app.Delegates.CountCategories(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	places, err := s.app.Delegates.Places(c.UserContext(), e)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskCategories, kit.Printer(c).T("categories.title"))
	if err != nil {
		return err
	}
	p, clock := frame.Printer, s.clock(frame.Printer, &e)
	page := categoriesPage{Frame: frame, Path: deskPath(e, kit.DeskCategories), Form: kit.NewForm(c, nil), Times: clock.zoneNote(&e)}
	list := e.Categories()
	for i, category := range list {
		row := categoryRowOf(p, clock, e, category, places.Categories[category.ID])
		row.First, row.Last = i == 0, i == len(list)-1
		row.Registered = p.Number(counts[category.ID])
		row.People = withQuery(deskPath(e, "delegates"), url.Values{"category": {category.ID}})
		page.Rows = append(page.Rows, row)
	}
	for _, category := range e.Unused() {
		page.Unused = append(page.Unused, kit.Option{Value: category.ID, Label: e.CategoryLabel(p, category.ID)})
	}
	return kit.Render(c, "desk/categories", page)
}

func categoryRowOf(p *i18n.Printer, k clock, e event.Event, c event.Category, places delegate.CategoryPlaces) categoryRow {
	row := categoryRow{
		ID: c.ID, Name: e.CategoryLabel(p, c.ID), Href: deskPath(e, kit.DeskCategories, c.ID),
		Opens: k.moment(c.Opens), Closes: k.moment(c.Closes),
		Mode: p.T("categories.mode." + modeWord(c.Mode)), Seen: p.T("categories.seen." + seenWord(c.Seen)),
		Hidden: c.Seen == event.SeenByDesk,
	}
	if c.Places != nil {
		row.Places = p.T("board.dashboard.places_of", "Taken", p.Number(places.Taken), "Capacity", p.Number(*c.Places))
	}
	if places.Waiting > 0 {
		row.Waiting = p.N("board.dashboard.places_waiting", places.Waiting)
	}
	if c.Colour != "" {
		row.Colour = kit.CategoryClass(c.ID)
	}
	return row
}

// modeWord and seenWord are the codes of messages and of choices in a form: there,
// what is usual has no empty name.
func modeWord(m event.Mode) string {
	if m == event.ModeOpen {
		return "open"
	}
	return string(m)
}

func seenWord(s event.Seen) string {
	if s == event.SeenByAll {
		return "all"
	}
	return string(s)
}

// categoryPage is desk/category.html.
type categoryPage struct {
	kit.Frame
	Crumbs  []kit.Link
	Form    *kit.Form
	Path    string // where it is sent
	Back    string
	Names   []languageField
	Modes   []kit.Option
	Seen    []kit.Option
	Times   string
	Colour  string // its class, to show it
	Label   string
	Texts   string // letters to those of the category
	ID      string // empty: it is new
	Hidden  bool
	Removes bool // nobody is registered in it
}

// languageField is a field of a form that is there once for each language.
type languageField struct {
	Name, Label string
	Lang, Dir   string
	Usual       string // what holds while it is empty
	Required    bool
}

// CategoryNew shows the form of a category of the event's own.
func (s *Pages) CategoryNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderCategory(c, e, event.Category{}, kit.NewForm(c, url.Values{"mode": {"open"}, "seen": {"all"}}))
}

// Category shows the form of one that is there.
func (s *Pages) Category(c *fiber.Ctx) error {
	e, category, err := s.category(c)
	if err != nil {
		return err
	}
	return s.renderCategory(c, e, category, kit.NewForm(c, categoryValues(e, category)))
}

func (s *Pages) category(c *fiber.Ctx) (event.Event, event.Category, error) {
	e, err := s.event(c)
	if err != nil {
		return e, event.Category{}, err
	}
	category, ok := e.Category(c.Params("category"))
	if !ok {
		err = fiber.ErrNotFound
	}
	return e, category, err
}

func categoryValues(e event.Event, c event.Category) url.Values {
	v := url.Values{
		"opens": {localTime(e, c.Opens)}, "closes": {localTime(e, c.Closes)},
		"mode": {modeWord(c.Mode)}, "seen": {seenWord(c.Seen)}, "colour": {c.Colour},
	}
	for lang, name := range c.Name {
		v.Set(event.NameField(lang), name)
	}
	if c.Places != nil {
		v.Set("places", strconv.Itoa(*c.Places))
	}
	return v
}

// localTime writes an instant as an input of the type datetime-local has it, by the
// event's clock; nothing for none.
func localTime(e event.Event, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(e.Location()).Format(event.LocalTime)
}

// CategorySave makes a category or changes one.
func (s *Pages) CategorySave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	was, _ := e.Category(c.Params("category"))
	if was.ID == "" && c.Params("category") != "" {
		return fiber.ErrNotFound
	}
	form := kit.Posted(c)
	saved, err := s.app.Events.SaveCategory(c.UserContext(), e.ID, was.ID, func(now event.Event) (event.TypedCategory, error) {
		category, _ := now.Category(was.ID)
		merged, err := form.Onto(categoryValues(now, category), nil)
		return typedCategory(now, merged), err
	})
	if status, refused := s.refused(c, e, form, "category/"+was.ID, err); refused {
		return s.renderCategory(c.Status(status), e, was, form)
	}
	if err != nil {
		return err
	}
	name := e.CategoryLabel(form.Printer, saved.ID)
	if !saved.Name.Empty() {
		name = form.Text(saved.Name)
	}
	kit.Flash(c, kit.Good, "categories.saved", "Name", name)
	return c.Redirect(deskPath(e, kit.DeskCategories), fiber.StatusSeeOther)
}

func typedCategory(e event.Event, form *kit.Form) event.TypedCategory {
	typed := event.TypedCategory{
		Name: i18n.Text{}, Places: form.Value("places"), Opens: form.Value("opens"), Closes: form.Value("closes"),
		Mode: event.Mode(form.Value("mode")), Seen: event.Seen(form.Value("seen")), Colour: form.Value("colour"),
	}
	if typed.Mode == "open" {
		typed.Mode = event.ModeOpen
	}
	if typed.Seen == "all" {
		typed.Seen = event.SeenByAll
	}
	for _, lang := range formLanguages(e) {
		typed.Name[lang] = form.Value(event.NameField(lang))
	}
	return typed
}

// formLanguages are the languages in which organisers write what delegates read: the
// event's, and English, of which ids are made.
func formLanguages(e event.Event) []string {
	list := slices.Clone(e.Languages)
	if !slices.Contains(list, "en") {
		list = append([]string{"en"}, list...)
	}
	return list
}

func (s *Pages) renderCategory(c *fiber.Ctx, e event.Event, category event.Category, form *kit.Form) error {
	p := kit.Printer(c)
	title, path := p.T("categories.new"), deskPath(e, kit.DeskCategories)
	if category.ID != "" {
		title, path = e.CategoryLabel(p, category.ID), deskPath(e, kit.DeskCategories, category.ID)
	}
	frame, err := s.frame(c, &e, kit.DeskCategories, title)
	if err != nil {
		return err
	}
	page := categoryPage{
		Frame: frame, Form: form, Path: path, Back: deskPath(e, kit.DeskCategories), Label: title,
		Crumbs: []kit.Link{{Href: deskPath(e, kit.DeskCategories), Label: p.T("categories.title")}, {Label: title}},
		Times:  s.clock(frame.Printer, &e).zoneNote(&e), ID: category.ID, Hidden: category.Seen == event.SeenByDesk,
		Names: s.nameFields(p, e, category),
	}
	for _, m := range event.Modes {
		page.Modes = append(page.Modes, kit.Option{Value: modeWord(m), Label: p.T("categories.mode." + modeWord(m)), Note: p.T("categories.mode_hint." + modeWord(m))})
	}
	for _, seen := range event.SeenBy {
		page.Seen = append(page.Seen, kit.Option{Value: seenWord(seen), Label: p.T("categories.seen." + seenWord(seen)), Note: p.T("categories.seen_hint." + seenWord(seen))})
	}
	form.Labels = map[string]string{}
	for _, field := range []string{"places", "opens", "closes", "colour"} {
		form.Labels[field] = p.T("categories." + field)
	}
	form.Labels["mode"], form.Labels["seen"] = p.T("categories.mode_title"), p.T("categories.seen_title")
	for _, field := range page.Names {
		form.Labels[field.Name] = field.Label
	}
	if category.Colour != "" {
		page.Colour = kit.CategoryClass(category.ID)
	}
	if category.ID != "" {
		page.Texts = withQuery(deskPath(e, "texts"), url.Values{"category": {category.ID}})
		counts, err := s.app.Delegates.CountCategories(c.UserContext(), e.ID)
		if err != nil {
			return err
		}
		page.Removes = counts[category.ID] == 0 && len(e.Categories()) > 1
	}
	return kit.Render(c, "desk/category", page)
}

// nameFields are the fields for the category's name. One of the usual ones has the
// program's word while its field is empty.
func (s *Pages) nameFields(p *i18n.Printer, e event.Event, c event.Category) []languageField {
	usual := slices.ContainsFunc(event.UsualCategories, c.Same)
	var fields []languageField
	for _, lang := range formLanguages(e) {
		field := languageField{
			Name: event.NameField(lang), Label: p.T("categories.name", "Language", p.LanguageName(lang)), Lang: lang, Dir: i18n.Direction(lang),
			Required: lang == "en" && !usual,
		}
		if usual {
			field.Usual = s.app.Catalogue.For(s.app.Catalogue.Match(lang)).T("category." + c.ID)
		}
		fields = append(fields, field)
	}
	return fields
}

// CategoryDo moves a category, hides or shows it, takes it away, or puts one of the
// usual ones back.
func (s *Pages) CategoryDo(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, id := c.UserContext(), strings.Clone(c.Params("category"))
	do := map[string]func() error{
		"up":     func() error { return s.app.Events.MoveCategory(ctx, e.ID, id, true) },
		"down":   func() error { return s.app.Events.MoveCategory(ctx, e.ID, id, false) },
		"hide":   func() error { return s.app.Events.ShowCategory(ctx, e.ID, id, event.SeenByDesk) },
		"show":   func() error { return s.app.Events.ShowCategory(ctx, e.ID, id, event.SeenByAll) },
		"remove": func() error { return s.app.Delegates.RemoveCategory(ctx, e.ID, id) },
		"add":    func() error { return s.app.Events.AddUsual(ctx, e.ID, kit.Posted(c).Value("usual")) },
	}[c.Params("do")]
	if do == nil {
		return fiber.ErrNotFound
	}
	if err := do(); err != nil {
		if err := flashProblem(c, err); err != nil {
			return err
		}
	} else {
		kit.Flash(c, kit.Good, "categories.done")
	}
	return c.Redirect(deskPath(e, kit.DeskCategories), fiber.StatusSeeOther)
}
