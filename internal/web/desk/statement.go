package desk

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/statement"
	"convene/internal/web/kit"
)

// statementPage is desk/statement.html.
type statementPage struct {
	kit.Frame
	Statements  []statementCard
	Subscribers string // how many will be told, as a sentence
	Times       string
	Public      string
}

// statementCard is one statement with the form that changes its state.
type statementCard struct {
	ID, Title, Lang string
	Kind            string
	Pill            Pill
	Seen            statement.State
	Form            *kit.Form
	States          []kit.Option
	Do              string
	History         []statementStep // the last one first
}

type statementStep struct {
	At   Moment
	Pill Pill
	Note string
}

// Statement shows the event's statements.
func (s *Pages) Statement(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderStatements(c, e, "", nil)
}

// renderStatements shows the page. The form, if there is one, belongs to the
// statement with the id.
func (s *Pages) renderStatements(c *fiber.Ctx, e event.Event, id string, form *kit.Form) error {
	list, err := s.app.Statements.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	subscribers, err := s.app.Statements.Subscribers(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskStatement, kit.Printer(c).T("board.statement.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	page := statementPage{
		Frame: frame, Subscribers: frame.N("board.statement.subscribers", subscribers),
		Times: clock.zoneNote(&e), Public: "/e/" + e.Slug + "/statement",
	}
	for _, st := range list {
		card := newStatementCard(c, frame, e, clock, st)
		if st.ID == id {
			card.choose(form)
		}
		page.Statements = append(page.Statements, card)
	}
	return kit.Render(c, "desk/statement", page)
}

func newStatementCard(c *fiber.Ctx, f kit.Frame, e event.Event, k clock, st statement.Statement) statementCard {
	card := statementCard{
		ID: st.ID, Kind: told(f.Printer, "board.statement_kind", st.Kind), Pill: statementPill(f.Printer, st.State),
		Seen: st.State, Form: kit.NewForm(c, nil), Do: deskPath(e, "statement", st.ID),
	}
	card.Title, card.Lang = st.Title.Find(f.Lang())
	next := slices.Index(statement.States, st.State) + 1
	for i, state := range statement.States {
		if state != st.State {
			card.States = append(card.States, kit.Option{Value: string(state), Label: statementState(f.Printer, state), Selected: i == next})
		}
	}
	for i := len(st.History) - 1; i >= 0; i-- {
		step := st.History[i]
		card.History = append(card.History, statementStep{k.moment(step.At), statementPill(f.Printer, step.State), step.Note})
	}
	return card
}

// choose shows the form as it was sent.
func (card *statementCard) choose(form *kit.Form) {
	card.Form = form
	for i := range card.States {
		card.States[i].Selected = false
	}
}

// StatementChange brings a statement into another state; subscribers are told.
func (s *Pages) StatementChange(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	st, err := s.app.Statements.Get(c.UserContext(), s.app.DB, c.Params("id"))
	if err == nil && st.Event != e.ID {
		err = problem.New(problem.NotFound, "problem.statement_not_found")
	}
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	if statement.State(form.Value("seen")) != st.State {
		form.Message = form.T("board.statement.faster")
		return s.renderStatements(c.Status(fiber.StatusConflict), e, st.ID, form)
	}
	changed, err := s.app.Statements.Change(c.UserContext(), st.ID, statement.State(form.Value("state")), form.Value("note"))
	if form.Refused(err) {
		return s.renderStatements(c.Status(fiber.StatusUnprocessableEntity), e, st.ID, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "board.statement.changed", "State", statementState(kit.Printer(c), changed.State))
	return c.Redirect(deskPath(e, "statement"), fiber.StatusSeeOther)
}
