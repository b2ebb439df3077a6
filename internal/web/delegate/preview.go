package delegate

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// previewPage is delegate/preview.html: the registration form in somebody else's
// language, with the choice of whose it is in the organiser's.
type previewPage struct {
	registerPage
	Desk   *i18n.Printer
	Choice *kit.Form

	As, In, When []kit.Option
	Path, Back   string
	Whole        bool // the form by which one registers; else only the questions that are asked later
}

// Preview shows organisers the form as somebody of a category, or whoever registers
// without an invitation, reads it in a language. It cannot be sent.
func (p *Pages) Preview(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	desk := kit.Printer(c)
	lang := strings.Clone(c.Query("language"))
	if !p.app.Catalogue.Speaks(lang) {
		lang = desk.Lang()
	}
	kit.Speak(c, lang)
	category, known := e.Category(c.Query("category"))
	if !known {
		category = event.Category{}
	}
	moment := form.Moment(strings.Clone(c.Query("moment")))
	if !slices.Contains(form.Moments, moment) {
		moment = form.AtRegistration
	}
	page, err := p.previewOf(c, e, category, moment)
	if err != nil {
		return err
	}
	page.Desk, page.Listing = desk, askListing(e, page.Form)
	page.Choice = &kit.Form{Printer: desk, Values: map[string][]string{"category": {category.ID}, "language": {lang}, "moment": {string(moment)}}}
	page.As = []kit.Option{{Label: desk.T("preview.everybody")}}
	for _, other := range e.Categories() {
		page.As = append(page.As, kit.Option{Value: other.ID, Label: e.CategoryLabel(desk, other.ID)})
	}
	for _, other := range p.app.Catalogue.Languages() {
		page.In = append(page.In, kit.Option{Value: other, Label: desk.LanguageName(other)})
	}
	for _, other := range form.Moments {
		page.When = append(page.When, kit.Option{Value: string(other), Label: desk.T("question.asked." + string(other))})
	}
	return kit.Render(c, "delegate/preview", page)
}

// previewOf makes the form for one category, or for all that anybody may choose.
func (p *Pages) previewOf(c *fiber.Ctx, e event.Event, category event.Category, moment form.Moment) (previewPage, error) {
	print := kit.Printer(c)
	offered := []kit.Option{{Value: category.ID, Label: e.CategoryLabel(print, category.ID)}}
	filled := kit.NewForm(c, nil)
	if category.ID == "" {
		offered = p.offered(print, e, delegate.Invitation{})
	} else {
		filled.Values.Set("category", category.ID)
		filled.Values.Set("language", print.Lang()) // as the form proposes while it is empty
	}
	opts, err := p.options(c.UserContext(), print, offered)
	if err != nil {
		return previewPage{}, err
	}
	f, err := p.frame(c, e, print.T("register.title"))
	if err != nil {
		return previewPage{}, err
	}
	questions, err := p.questions(c, e, filled, opts.categories(), moment)
	if err != nil {
		return previewPage{}, err
	}
	text, err := p.consent(c, e)
	if err != nil {
		return previewPage{}, err
	}
	back := "/desk/e/" + e.Slug + "/" + kit.DeskQuestions
	return previewPage{
		registerPage: registerPage{Frame: f, Consent: text, Form: filled, Options: opts, Questions: questions},
		Path:         back + "/preview", Back: back, Whole: moment == form.AtRegistration,
	}, nil
}
