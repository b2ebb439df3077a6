package desk

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// focalPage is desk/focal.html: every member with its focal points.
type focalPage struct {
	kit.Frame
	Form     *kit.Form // the filter
	Filtered bool
	Found    string
	Rows     []focalRow
}

type focalRow struct {
	Href, City, Country string
	People              []city.FocalPoint
}

// focalPath is the address of a member's focal points at the desk.
func focalPath(city string) string { return "/desk/focal/" + city }

// Focal lists the members and who speaks for them.
func (s *Pages) Focal(c *fiber.Ctx) error {
	frame, err := s.frame(c, nil, kit.DeskFocal, kit.Printer(c).T("focal_desk.title"))
	if err != nil {
		return err
	}
	members, err := s.app.Cities.List(c.UserContext())
	if err != nil {
		return err
	}
	focal, err := s.app.Cities.FocalByCity(c.UserContext())
	if err != nil {
		return err
	}
	form := kit.Queried(c)
	page := focalPage{Frame: frame, Form: form, Filtered: form.Value("q") != "" || form.Checked("none")}
	words := i18n.Fold(strings.TrimSpace(form.Value("q")))
	for _, m := range members {
		line := focalRow{Href: focalPath(m.ID), City: frame.Text(m.Name), Country: frame.Country(m.Country), People: focal[m.ID]}
		if line.meets(words) && (!form.Checked("none") || len(line.People) == 0) {
			page.Rows = append(page.Rows, line)
		}
	}
	page.Found = frame.N("delegation.found", len(page.Rows))
	return kit.Render(c, "desk/focal", page)
}

// meets reports whether the words stand in the member's name or a focal point's.
func (r focalRow) meets(words string) bool {
	text := r.City + " " + r.Country
	for _, f := range r.People {
		text += " " + f.Name + " " + f.Email
	}
	return strings.Contains(i18n.Fold(text), words)
}

// focalCityPage is desk/focal_city.html.
type focalCityPage struct {
	kit.Frame
	Crumbs    []kit.Link
	City      string
	Path      string
	Form      *kit.Form
	Languages []kit.Option
	Now       []focalLine
	Ended     []focalLine
	Times     string
}

// focalLine is a focal point on the page.
type focalLine struct {
	city.FocalPoint
	Tongue       string // the language's name
	Since, Until Moment
}

// FocalCity shows who speaks, and spoke, for a member.
func (s *Pages) FocalCity(c *fiber.Ctx) error {
	of, err := s.app.Cities.Get(c.UserContext(), c.Params("city"))
	if err != nil {
		return err
	}
	return s.renderFocalCity(c, of, kit.NewForm(c, nil))
}

func (s *Pages) renderFocalCity(c *fiber.Ctx, of city.City, form *kit.Form) error {
	p := kit.Printer(c)
	name := p.Text(of.Name)
	frame, err := s.frame(c, nil, kit.DeskFocal, p.T("focal_desk.of", "City", name))
	if err != nil {
		return err
	}
	list, err := s.app.Cities.FocalPoints(c.UserContext(), of.ID)
	if err != nil {
		return err
	}
	form.Labels = focalLabels(p)
	clock := s.clock(p, nil)
	page := focalCityPage{
		Frame: frame, City: name, Path: focalPath(of.ID), Form: form, Times: clock.zoneNote(nil),
		Crumbs: []kit.Link{{Href: "/desk/focal", Label: p.T("focal_desk.title")}, {Label: name}},
	}
	page.Languages = s.languageOptions(p)
	for _, f := range list {
		line := focalLine{FocalPoint: f, Tongue: p.LanguageName(f.Language), Since: clock.moment(f.Since), Until: clock.moment(f.Until)}
		if f.Ended() {
			page.Ended = append([]focalLine{line}, page.Ended...) // the latest first
		} else {
			page.Now = append(page.Now, line)
		}
	}
	return kit.Render(c, "desk/focal_city", page)
}

// FocalAdd makes somebody focal point of a member.
func (s *Pages) FocalAdd(c *fiber.Ctx) error {
	of, err := s.app.Cities.Get(c.UserContext(), c.Params("city"))
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Cities.AddFocal(c.UserContext(), of.ID, typedFocal(form))
	if form.Refused(err) {
		return s.renderFocalCity(c.Status(fiber.StatusUnprocessableEntity), of, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "focal_desk.added")
	return c.Redirect(focalPath(of.ID), fiber.StatusSeeOther)
}

func focalLabels(p *i18n.Printer) map[string]string {
	return map[string]string{"name": p.T("focal_desk.name"), "email": p.T("focal_desk.email"), "language": p.T("register.language")}
}

// languageOptions are the languages of letters.
func (s *Pages) languageOptions(p *i18n.Printer) []kit.Option {
	var list []kit.Option
	for _, lang := range s.app.Catalogue.Languages() {
		list = append(list, kit.Option{Value: lang, Label: p.LanguageName(lang), Lang: lang})
	}
	return list
}

func typedFocal(form *kit.Form) city.TypedFocal {
	return city.TypedFocal{Name: form.Value("name"), Email: form.Value("email"), Language: form.Value("language")}
}

func focalValues(f city.FocalPoint) url.Values {
	return url.Values{"name": {f.Name}, "email": {f.Email}, "language": {f.Language}}
}

// focalPersonPage is desk/focal_person.html.
type focalPersonPage struct {
	kit.Frame
	Crumbs     []kit.Link
	Path, Back string
	Form       *kit.Form
	Languages  []kit.Option
}

// FocalPerson shows the form to put a focal point right.
func (s *Pages) FocalPerson(c *fiber.Ctx) error {
	f, err := s.app.Cities.FocalPoint(c.UserContext(), c.Params("city"), c.Params("id"))
	if err != nil {
		return err
	}
	if f.Ended() { // who they were is on record, and stays so
		return problem.New(problem.NotFound, "problem.focal_over")
	}
	return s.renderFocalPerson(c, f, kit.NewForm(c, focalValues(f)))
}

func (s *Pages) renderFocalPerson(c *fiber.Ctx, f city.FocalPoint, form *kit.Form) error {
	p := kit.Printer(c)
	of, err := s.app.Cities.Get(c.UserContext(), f.City)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, nil, kit.DeskFocal, p.T("focal_desk.correct"))
	if err != nil {
		return err
	}
	form.Labels = focalLabels(p)
	back := focalPath(of.ID)
	return kit.Render(c, "desk/focal_person", focalPersonPage{
		Frame: frame, Path: back + "/" + f.ID, Back: back, Form: form, Languages: s.languageOptions(p),
		Crumbs: []kit.Link{{Href: "/desk/focal", Label: p.T("focal_desk.title")}, {Href: back, Label: p.Text(of.Name)}, {Label: frame.Title}},
	})
}

// FocalCorrect puts a focal point right.
func (s *Pages) FocalCorrect(c *fiber.Ctx) error {
	f, err := s.app.Cities.FocalPoint(c.UserContext(), c.Params("city"), c.Params("id"))
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Cities.CorrectFocal(c.UserContext(), f.City, f.ID, func(now city.FocalPoint) (city.TypedFocal, error) {
		merged, err := form.Onto(focalValues(now), nil)
		return typedFocal(merged), err
	})
	if status, refused := s.refused(c, event.Event{}, form, city.SubjectFocal(f.City), err); refused {
		return s.renderFocalPerson(c.Status(status), f, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "focal_desk.corrected")
	return c.Redirect(focalPath(f.City), fiber.StatusSeeOther)
}

// FocalEnd ends somebody's being focal point.
func (s *Pages) FocalEnd(c *fiber.Ctx) error {
	f, err := s.app.Cities.EndFocal(c.UserContext(), c.Params("city"), c.Params("id"))
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "focal_desk.ended_done")
	return c.Redirect(focalPath(f.City), fiber.StatusSeeOther)
}
