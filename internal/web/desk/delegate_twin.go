package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/web/kit"
)

// twinsPage is desk/twins.html: registrations that may be one person's twice.
type twinsPage struct {
	kit.Frame
	Crumbs []kit.Link
	Pairs  []twinLine
	First  string
	Next   string
}

// pairsPage is how many pairs a page shows, or a few more.
const pairsPage = 25

// twinLine is a pair in short.
type twinLine struct {
	A, B   twinSide
	Why    string
	Merge  string
	Unlike string
}

type twinSide struct {
	ID, Href, Name, Organisation, Country, Email string
	Pill                                         Pill
}

func (s *Pages) twinLine(f kit.Frame, e event.Event, p delegate.Pair) twinLine {
	side := func(d delegate.Delegate) twinSide {
		return twinSide{
			ID: d.ID, Href: deskPath(e, "delegates", d.ID), Name: d.Name, Organisation: d.Organisation,
			Country: f.Country(d.Country), Email: d.Email, Pill: delegatePill(f.Printer, d),
		}
	}
	why := []string{f.T("roster.twins.same.name")}
	for _, what := range p.Why {
		why = append(why, f.T("roster.twins.same."+what))
	}
	return twinLine{
		A: side(p.A), B: side(p.B), Why: strings.Join(why, ", "),
		Merge: deskPath(e, "twins", p.A.ID, p.B.ID), Unlike: deskPath(e, "twins", p.A.ID, p.B.ID, "unlike"),
	}
}

// Twins lists registrations that may be one person's twice.
func (s *Pages) Twins(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	pairs, next, err := s.app.Delegates.Pairs(c.UserContext(), e.ID, c.Query("after"), pairsPage)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("roster.twins.title"))
	if err != nil {
		return err
	}
	page := twinsPage{Frame: frame, Crumbs: []kit.Link{{Href: deskPath(e, "delegates"), Label: frame.T("board.delegates.title")}, {Label: frame.Title}}}
	for _, pair := range pairs {
		page.Pairs = append(page.Pairs, s.twinLine(frame, e, pair))
	}
	if c.Query("after") != "" {
		page.First = deskPath(e, "twins")
	}
	if next != "" {
		page.Next = withQuery(deskPath(e, "twins"), map[string][]string{"after": {next}})
	}
	return kit.Render(c, "desk/twins", page)
}

// TwinsUnlike remembers that two registrations are two people's.
func (s *Pages) TwinsUnlike(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	if err := s.app.Delegates.Unlike(c.UserContext(), e, c.Params("a"), c.Params("b")); err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.twins.unliked")
	return c.Redirect(kit.LocalPath(kit.Posted(c).Value("back"), deskPath(e, "twins")), fiber.StatusSeeOther)
}

// mergePage is desk/merge.html: two registrations side by side.
type mergePage struct {
	kit.Frame
	Crumbs []kit.Link
	Form   *kit.Form
	A, B   twinSide
	Fields []mergeField
	Seen   string
	Path   string
	Unlike string
	Swap   string // the same with the other one staying
}

// mergeField is a field in which the two may differ. Chosen says whose is taken.
type mergeField struct {
	Name, Label string
	A, B        string
	TakeB       bool
}

// TwinsMerge shows two registrations side by side, the first of which stays.
func (s *Pages) TwinsMerge(c *fiber.Ctx) error {
	return s.renderMerge(c, kit.NewForm(c, nil))
}

func (s *Pages) renderMerge(c *fiber.Ctx, form *kit.Form) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	a, b, seen, err := s.app.Delegates.SeenTogether(c.UserContext(), e, c.Params("a"), c.Params("b"))
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("roster.merge.title"))
	if err != nil {
		return err
	}
	pair := s.twinLine(frame, e, delegate.Pair{A: a, B: b})
	page := mergePage{
		Frame: frame, Form: form, A: pair.A, B: pair.B, Seen: seen, Path: pair.Merge, Unlike: pair.Unlike, Swap: deskPath(e, "twins", b.ID, a.ID),
		Crumbs: []kit.Link{
			{Href: deskPath(e, "delegates"), Label: frame.T("board.delegates.title")},
			{Href: deskPath(e, "twins"), Label: frame.T("roster.twins.title")}, {Label: frame.Title},
		},
	}
	if page.Fields, err = s.mergeFields(c.UserContext(), frame, e, a, b, form); err != nil {
		return err
	}
	return kit.Render(c, "desk/merge", page)
}

// mergeFields are those in which the two differ. What one alone has is proposed.
func (s *Pages) mergeFields(ctx context.Context, f kit.Frame, e event.Event, a, b delegate.Delegate, form *kit.Form) ([]mergeField, error) {
	cities, err := s.cityNames(ctx, f.Printer)
	if err != nil {
		return nil, err
	}
	values := func(d delegate.Delegate) map[string]string {
		place := f.Country(d.Country)
		if d.City != "" {
			place = cities[d.City] + ", " + place
		}
		return map[string]string{
			"name": d.Name, "latin_name": d.LatinName, "organisation": d.Organisation, "job_title": d.JobTitle, "place": place,
			"category": e.CategoryLabel(f.Printer, d.Category), "email": d.Email, "language": f.LanguageName(d.Language),
			"time_zone": d.TimeZone, "needs": d.Needs, "state": delegatePill(f.Printer, d).Label,
		}
	}
	one, other := values(a), values(b)
	var list []mergeField
	for _, name := range delegate.MergeFields {
		if one[name] != other[name] {
			list = append(list, mergeField{Name: name, Label: f.T("board.field." + name), A: one[name], B: other[name]})
		}
	}
	answers, err := s.mergeAnswers(ctx, f, e, a, b)
	list = append(list, answers...)
	for i, field := range list {
		list[i].TakeB = form.Value("take-"+field.Name) == "b" || len(form.Values) == 0 && field.A == ""
	}
	return list, err
}

func (s *Pages) mergeAnswers(ctx context.Context, f kit.Frame, e event.Event, a, b delegate.Delegate) ([]mergeField, error) {
	set, err := s.app.Forms.Of(ctx, e.ID)
	var list []mergeField
	for _, q := range set.Questions {
		if !slices.Equal(a.Answers[q.ID], b.Answers[q.ID]) {
			list = append(list, mergeField{
				Name: form.FieldOf(q.ID), Label: f.Text(q.Label), A: q.Words(f.Printer, a.Answers[q.ID]), B: q.Words(f.Printer, b.Answers[q.ID]),
			})
		}
	}
	return list, err
}

// TwinsMerged makes one registration of two.
func (s *Pages) TwinsMerged(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	posted := kit.Posted(c)
	m := delegate.Merging{Keep: c.Params("a"), Other: c.Params("b"), Seen: posted.Value("seen")}
	for name, values := range posted.Values {
		if field, ok := strings.CutPrefix(name, "take-"); ok && slices.Contains(values, "b") {
			m.Take = append(m.Take, field)
		}
	}
	slices.Sort(m.Take)
	d, err := s.app.Delegates.Merge(c.UserContext(), e, m)
	if posted.Refused(err) {
		return s.renderMerge(c.Status(fiber.StatusConflict), posted)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.merge.done")
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}
