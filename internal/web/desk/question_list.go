package desk

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// questionsPage is desk/questions.html.
type questionsPage struct {
	kit.Frame
	Path    string
	Rows    []questionRow
	Retired []questionRow
	Counted bool   // the answers
	Count   string // where they are counted, if that was left out
	Form    *kit.Form
	Kinds   []kit.Option
	Presets []presetRow
	Preview string
	Times   string
}

// questionRow is a question as the list shows it.
type questionRow struct {
	ID, Href string
	Label    string
	Kind     string
	Required bool
	Approve  bool
	Asked    string
	Whom     string // the categories; empty: everybody
	If       string // the condition in words
	Freeze   Moment
	Keep     Moment
	Answers  string
	First    bool
	Last     bool
}

// presetRow is a group of ready-made questions that the event does not have whole.
type presetRow struct{ Name, Title, Hint string }

// countedAlways is up to how many registrations the list counts answers unasked.
const countedAlways = 5_000

// Questions lists what the event asks.
func (s *Pages) Questions(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskQuestions, kit.Printer(c).T("question.title"))
	if err != nil {
		return err
	}
	p, clock := frame.Printer, s.clock(frame.Printer, &e)
	path := deskPath(e, kit.DeskQuestions)
	page := questionsPage{
		Frame: frame, Path: path, Form: kit.NewForm(c, nil), Kinds: kindsOfQuestions(p), Times: clock.zoneNote(&e), Preview: path + "/preview",
	}
	counts, err := s.countAnswers(c.UserContext(), e, c.Query("count") != "")
	if err != nil {
		return err
	}
	if page.Counted = counts != nil; !page.Counted {
		page.Count = path + "?count=yes"
	}
	for _, q := range set.Questions {
		row := questionRowOf(p, clock, e, set, q)
		row.Answers = p.Number(counts[q.ID])
		if q.Retired {
			page.Retired = append(page.Retired, row)
			continue
		}
		page.Rows = append(page.Rows, row)
	}
	if n := len(page.Rows); n > 0 {
		page.Rows[0].First, page.Rows[n-1].Last = true, true
	}
	for _, preset := range form.Presets {
		if len(preset.Missing(set)) > 0 {
			name := string(preset)
			page.Presets = append(page.Presets, presetRow{name, p.T("preset.title." + name), p.T("preset.about." + name)})
		}
	}
	return kit.Render(c, "desk/questions", page)
}

// countAnswers counts the answers to each question; nil when there are so many
// registrations that it takes a while, and nobody asked for it.
func (s *Pages) countAnswers(ctx context.Context, e event.Event, asked bool) (map[string]int, error) {
	if !asked {
		n, err := s.app.Delegates.Count(ctx, e.ID, delegate.Filter{})
		if err != nil || n > countedAlways {
			return nil, err
		}
	}
	return s.app.Delegates.CountAnswers(ctx, e.ID)
}

func kindsOfQuestions(p *i18n.Printer) []kit.Option {
	list := make([]kit.Option, len(form.Kinds))
	for i, kind := range form.Kinds {
		list[i] = kit.Option{Value: string(kind), Label: kindOfQuestion(p, kind)}
	}
	return list
}

func kindOfQuestion(p *i18n.Printer, kind form.Kind) string {
	if kind == form.One { // which names a plural form in catalogues
		return p.T("question.kind.single")
	}
	return p.T("question.kind." + string(kind))
}

func questionRowOf(p *i18n.Printer, k clock, e event.Event, set form.Set, q form.Question) questionRow {
	return questionRow{
		ID: q.ID, Href: deskPath(e, kit.DeskQuestions, q.ID), Label: p.Text(q.Label), Kind: kindOfQuestion(p, q.Kind),
		Required: q.Required, Approve: q.Approve, Asked: p.T("question.asked." + string(q.Asked)),
		Whom: categoryNames(p, e, q.Categories), If: conditionWords(p, set, q), Freeze: k.moment(q.Freeze), Keep: k.moment(q.Keep),
	}
}

func categoryNames(p *i18n.Printer, e event.Event, ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = e.CategoryLabel(p, id)
	}
	return strings.Join(names, ", ")
}

// conditionWords tells when the question is asked, if that depends on another.
func conditionWords(p *i18n.Printer, set form.Set, q form.Question) string {
	if q.If == nil {
		return ""
	}
	other, _ := set.Question(q.If.Question)
	if len(q.If.Is) == 0 {
		return p.T("question.only_if_any", "Question", p.Text(other.Label))
	}
	return p.T("question.only_if", "Question", p.Text(other.Label), "Answer", other.Words(p, q.If.Is))
}

// QuestionDo moves a question, retires it or brings it back.
func (s *Pages) QuestionDo(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, id := c.UserContext(), strings.Clone(c.Params("question"))
	do := c.Params("do")
	switch do {
	case "up", "down":
		_, err = s.app.Forms.Move(ctx, e.ID, id, do == "up")
	case "place":
		_, err = s.app.Forms.MoveBehind(ctx, e.ID, id, kit.Posted(c).Value("behind"))
	case "retire", "restore":
		_, err = s.app.Forms.Retire(ctx, e.ID, id, do == "retire")
	default:
		return fiber.ErrNotFound
	}
	if err == nil {
		kit.Flash(c, kit.Good, "question.done."+do)
	} else if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, kit.DeskQuestions), fiber.StatusSeeOther)
}

// QuestionGroup adds a group of ready-made questions.
func (s *Pages) QuestionGroup(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	preset := form.Preset(kit.Posted(c).Value("group"))
	words := form.Words{Catalogue: s.app.Catalogue, Languages: e.Languages, Over: e.Over()}
	_, err = s.app.Forms.AddPreset(c.UserContext(), e.ID, preset, words)
	if err == nil {
		kit.Flash(c, kit.Good, "preset.added")
	} else if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, kit.DeskQuestions), fiber.StatusSeeOther)
}
