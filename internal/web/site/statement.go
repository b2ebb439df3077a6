package site

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/statement"
	"convene/internal/web/kit"
)

// statementPage is site/statement.html: where an event's statements stand. It
// has a form, so it is made for each visitor.
type statementPage struct {
	base
	Form       *kit.Form
	Statements []statementView
	Documents  []document // outcomes of which no states are known
	Follow     bool       // something may still move
	Action     string
}

// statementView is a statement as shown.
type statementView struct {
	ID     string // on the page
	Title  Words
	Kind   string
	State  string
	Class  string // of the pill
	Stages []stage
	Parts  []part
}

// stage is a state that a statement reached, is in, or may come to.
type stage struct {
	Name    string
	When    string
	Note    Words
	Reached bool
	Current bool
}

// Statement is GET /e/:slug/statement.
func (p *Pages) Statement(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	return p.showStatement(c, e.Event, kit.NewForm(c, nil))
}

// Subscribe is POST /e/:slug/statement: tell an address whenever a statement of
// the event moves. The answer is the same whether or not it is told already.
func (p *Pages) Subscribe(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	email := form.Value("email")
	if err := kit.Limit(c, "follow", p.config.Limits.LinkPerAddress, email, p.config.Limits.LinkPerEmail); err != nil {
		return err
	}
	err = p.statements.Subscribe(c.UserContext(), e.ID, email, kit.Printer(c).Lang())
	if form.Refused(err) {
		return p.showStatement(c.Status(fiber.StatusUnprocessableEntity), e.Event, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "site.follow.asked")
	return c.Redirect("/e/"+e.Slug+"/statement", fiber.StatusSeeOther)
}

func (p *Pages) showStatement(c *fiber.Ctx, e event.Event, form *kit.Form) error {
	ctx := c.UserContext()
	b := base{kit.NewFrame(c, "")}
	b.Title, b.Description = b.T("tab.statement"), b.T("site.statement.about", "Event", b.Text(e.Title))
	if err := p.forEvent(ctx, &b, e, kit.Statement); err != nil {
		return err
	}
	list, err := p.statements.Of(ctx, e.ID)
	if err != nil {
		return err
	}
	v := statementPage{
		base: b, Form: form, Follow: e.Phase(b.Now) != event.Past || slices.ContainsFunc(list, moves), Action: "/e/" + e.Slug + "/statement",
	}
	for _, st := range list {
		v.Statements = append(v.Statements, b.statement(e, st))
	}
	for _, d := range e.Documents {
		if !slices.ContainsFunc(list, func(st statement.Statement) bool { return st.Slug == d.Slug }) {
			v.Documents = append(v.Documents, b.document(d))
		}
	}
	return kit.Render(c, "site/statement", v)
}

// moves reports whether a statement has yet to be published, after which little
// happens to one of a past event.
func moves(st statement.Statement) bool {
	return slices.Index(statement.States, st.State) < slices.Index(statement.States, statement.Published)
}

// stateClasses are the looks of pills, where they are not plain.
var stateClasses = map[statement.State]string{
	statement.Drafting: "draft", statement.Consultation: "open", statement.Adopted: "adopted",
	statement.Published: "published", statement.Withdrawn: "withdrawn",
}

func (b base) statement(e event.Event, st statement.Statement) statementView {
	return statementView{
		ID: "statement-" + st.Slug, Title: b.Words(st.Title), Kind: b.label("site.document", st.Kind),
		State: b.stateName(st.State), Class: stateClasses[st.State], Stages: b.stages(e, st), Parts: b.parts(st.Parts),
	}
}

func (b base) stateName(s statement.State) string { return b.label("site.state", string(s)) }

// stages lists what happened, and, while the event is not past, what may come.
func (b base) stages(e event.Event, st statement.Statement) []stage {
	var stages []stage
	for i, step := range st.History {
		current := i == len(st.History)-1
		stages = append(stages, stage{
			Name: b.stateName(step.State), When: b.dayOf(e, step.At), Note: b.English(step.Note), Reached: !current, Current: current,
		})
	}
	if e.Phase(b.Now) == event.Past || st.State == statement.Withdrawn {
		return stages
	}
	at := slices.Index(statement.States, st.State)
	for _, next := range statement.States[at+1:] {
		if next != statement.Withdrawn {
			stages = append(stages, stage{Name: b.stateName(next)})
		}
	}
	return stages
}

// dayOf writes the day of an instant by the event's clocks; nothing for none.
func (b base) dayOf(e event.Event, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return b.Date(at.In(e.Location()))
}

// followPage is site/follow.html: a button that does what the link in a letter
// asked for. A link alone changes nothing, since programs open links too.
type followPage struct {
	base
	Heading string
	Text    string
	Button  string
	Class   string // of the button
	Action  string
	Back    string
	Name    Words // of the event
}

// FollowConfirm is GET and POST /follow/:token/confirm.
func (p *Pages) FollowConfirm(c *fiber.Ctx) error {
	return p.follow(c, follow{
		words: "site.follow.confirm", class: "primary", path: "confirm",
		act: func(ctx context.Context, token string) error {
			_, err := p.statements.Confirm(ctx, token)
			return err
		},
	})
}

// FollowStop is GET and POST /follow/:token/stop.
func (p *Pages) FollowStop(c *fiber.Ctx) error {
	return p.follow(c, follow{words: "site.follow.stop", class: "danger", path: "stop", act: p.statements.Unsubscribe})
}

// follow is what one of the two pages does.
type follow struct {
	words string // the section of its messages
	class string
	path  string
	act   func(ctx context.Context, token string) error
}

func (p *Pages) follow(c *fiber.Ctx, f follow) error {
	token := c.Params("token")
	if err := kit.Limit(c, "follow-link", p.config.Limits.LinkPerAddress, "", p.config.Limits.LinkPerEmail); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	sub, err := p.statements.ByToken(c.UserContext(), token)
	if err != nil {
		return err
	}
	e, err := p.events.Get(c.UserContext(), p.app.DB, sub.Event)
	if err != nil {
		return err
	}
	back := "/e/" + e.Slug + "/statement"
	if c.Method() == fiber.MethodPost {
		if err := f.act(c.UserContext(), token); err != nil {
			return err
		}
		kit.Flash(c, kit.Good, f.words+".done")
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	b := base{kit.NewFrame(c, "")}
	b.Title = b.T(f.words + ".title")
	b.ForEvent(e, "")
	return kit.Render(c, "site/follow", followPage{
		base: b, Heading: b.Title, Text: b.T(f.words + ".text"), Button: b.T(f.words + ".button"), Class: f.class,
		Action: "/follow/" + token + "/" + f.path, Back: back, Name: b.Words(e.Title),
	})
}
