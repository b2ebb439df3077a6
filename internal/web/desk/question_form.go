package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// questionPage is desk/question.html.
type questionPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Form     *kit.Form
	Path     string // where it is sent
	Back     string
	Question form.Question // of the kind that the form is for; empty but for that when it is new
	Kind     string
	Words    []questionWords
	Options  []optionRow
	Limits   []limitField
	Endings  []kit.Option
	Moments  []kit.Option
	Whom     []kit.Option
	Ifs      []kit.Option
	Answers  []conditionField
	Places   []kit.Option // behind which other question it can stand
	Times    string
}

// questionWords are the fields of one language.
type questionWords struct {
	Label, Help languageField
}

// optionRow are the fields of one option.
type optionRow struct {
	N       int
	Number  string // as one reads it
	ID      string // empty: it is new
	Name    string // the prefix of its fields
	Labels  []languageField
	Retired bool
	First   bool
	Last    bool
}

// limitField is a limit that the kind has.
type limitField struct{ Name, Label, Hint, Type, Min, Max string }

// conditionField chooses among the answers to the question that a condition is about.
type conditionField struct {
	Question, Name, Label string
	Options               []kit.Option
}

// The form's buttons that change its rows and save nothing.
const (
	moreOptions = "more"
	optionUp    = "option-up"
	optionDown  = "option-down"
)

// newOptions is how many rows are added at once.
const newOptions = 3

// QuestionNew shows the form of a new question of the kind.
func (s *Pages) QuestionNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	kind := form.Kind(strings.Clone(c.Query("kind")))
	if !slices.Contains(form.Kinds, kind) {
		kind = form.Text
	}
	values := url.Values{"kind": {string(kind)}, "asked": {string(form.AtRegistration)}, "rows": {strconv.Itoa(newOptions)}}
	return s.renderQuestion(c, e, form.Question{Kind: kind}, kit.NewForm(c, values))
}

// Question shows the form of one that is there.
func (s *Pages) Question(c *fiber.Ctx) error {
	e, q, err := s.question(c)
	if err != nil {
		return err
	}
	return s.renderQuestion(c, e, q, kit.NewForm(c, questionValues(e, q)))
}

// question finds the question that the address names.
func (s *Pages) question(c *fiber.Ctx) (event.Event, form.Question, error) {
	e, err := s.event(c)
	if err != nil {
		return e, form.Question{}, err
	}
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return e, form.Question{}, err
	}
	q, ok := set.Question(c.Params("question"))
	if !ok {
		return e, q, problem.New(problem.NotFound, "problem.question_not_found")
	}
	return e, q, nil
}

// QuestionSave makes a question or changes one, or gives the form other rows for
// options.
func (s *Pages) QuestionSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	filled := kit.Posted(c)
	was := form.Question{Kind: form.Kind(filled.Value("kind"))}
	if c.Params("question") != "" {
		if _, was, err = s.question(c); err != nil {
			return err
		}
	} else if !slices.Contains(form.Kinds, was.Kind) {
		return fiber.ErrBadRequest
	}
	if arrangeOptions(filled) {
		return s.renderQuestion(c, e, was, filled)
	}
	err = s.saveQuestion(c, e, was, filled)
	if status, refused := s.refused(c, e, filled, "question/"+was.ID, err); refused {
		filled.TellTheirs("options", optionLabels(filled.Printer, was))
		return s.renderQuestion(c.Status(status), e, was, filled)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "question.saved")
	return c.Redirect(deskPath(e, kit.DeskQuestions), fiber.StatusSeeOther)
}

func (s *Pages) saveQuestion(c *fiber.Ctx, e event.Event, was form.Question, filled *kit.Form) error {
	if was.ID != "" {
		_, err := s.app.Forms.Change(c.UserContext(), e.ID, was.ID, func(now form.Question) (form.Question, error) {
			merged, err := filled.Onto(questionValues(e, now), optionsAsOne)
			if err != nil {
				return now, err
			}
			var faults problem.Form
			q := typedQuestion(e, now, merged, &faults)
			return q, faults.Err()
		})
		return err
	}
	var faults problem.Form
	q := typedQuestion(e, was, filled, &faults)
	if err := faults.Err(); err != nil {
		return err
	}
	_, err := s.app.Forms.Add(c.UserContext(), e.ID, q)
	return err
}

// typedQuestion reads the form. Faults are those of what is no number or instant at
// all; the service finds the others.
func typedQuestion(e event.Event, was form.Question, filled *kit.Form, faults *problem.Form) form.Question {
	q := form.Question{
		ID: was.ID, Kind: was.Kind, Retired: was.Retired, Required: filled.Checked("required"), Approve: filled.Checked("approve"),
		Label: typedText(e, filled, "label-"), Help: typedText(e, filled, "help-"), Asked: form.Moment(filled.Value("asked")),
		Min: strings.TrimSpace(filled.Value("min")), Max: strings.TrimSpace(filled.Value("max")),
	}
	if most := strings.TrimSpace(filled.Value("most")); most != "" {
		n, err := strconv.Atoi(most)
		if err != nil || n < 1 {
			faults.Add("most", "problem.field.at_least", "Min", "1")
		}
		q.Most = n
	}
	for _, category := range e.Categories() {
		if filled.Has("categories", category.ID) {
			q.Categories = append(q.Categories, category.ID)
		}
	}
	q.Endings = slices.Clone(filled.Values["endings"])
	if other := filled.Value("if"); other != "" {
		q.If = &form.Condition{Question: other, Is: slices.Clone(filled.Values["if-"+other])}
	}
	q.Options = typedOptions(e, filled)
	q.Freeze, q.Keep = typedInstant(e, filled, "freeze", faults), typedInstant(e, filled, "keep", faults)
	return q
}

func typedText(e event.Event, filled *kit.Form, prefix string) i18n.Text {
	text := i18n.Text{}
	for _, lang := range formLanguages(e) {
		if words := strings.TrimSpace(filled.Value(prefix + lang)); words != "" {
			text[lang] = words
		}
	}
	if text.Empty() {
		return nil
	}
	return text
}

func typedInstant(e event.Event, filled *kit.Form, field string, faults *problem.Form) time.Time {
	typed := strings.TrimSpace(filled.Value(field))
	if typed == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(event.LocalTime, typed, e.Location())
	if err != nil {
		faults.Add(field, "problem.field.instant")
	}
	return at.UTC()
}

// typedOptions reads the rows that have a label, or had one when they were saved.
func typedOptions(e event.Event, filled *kit.Form) []form.Option {
	var list []form.Option
	for n := range optionRows(filled) {
		name := optionName(n)
		o := form.Option{ID: filled.Value(name + "id"), Label: typedText(e, filled, name), Retired: filled.Checked(name + "retired")}
		if o.Label.Empty() && o.ID == "" {
			continue
		}
		if o.ID == "" {
			o.ID = form.NewOptionID(o.Label, list)
		}
		list = append(list, o)
	}
	return list
}

// optionsAsOne has the rows of options be one field, and the question that a condition
// is about with the answers to it.
func optionsAsOne(field string) string {
	switch {
	case field == "rows" || strings.HasPrefix(field, "option-"):
		return "options"
	case strings.HasPrefix(field, "if-"):
		return "if"
	}
	return field
}

// optionLabels are what the question offers.
func optionLabels(p *i18n.Printer, q form.Question) string {
	var labels []string
	for _, o := range q.Options {
		labels = append(labels, p.Text(o.Label))
	}
	return strings.Join(labels, " · ")
}

// optionRows is how many rows of options the form has.
func optionRows(filled *kit.Form) int {
	n, err := strconv.Atoi(filled.Value("rows"))
	if err != nil {
		return 0
	}
	return max(0, min(n, form.MaxOptions+newOptions))
}

func optionName(n int) string { return "option-" + strconv.Itoa(n) + "-" }

// arrangeOptions adds rows or moves one, if one of their buttons was pressed.
func arrangeOptions(filled *kit.Form) bool {
	do, row, _ := strings.Cut(filled.Value("do"), " ")
	rows := optionRows(filled)
	n, err := strconv.Atoi(row)
	switch {
	case do == moreOptions:
		filled.Values.Set("rows", strconv.Itoa(rows+newOptions))
		return true
	case do == optionUp && err == nil:
		swapOptions(filled, n-1, n, rows)
		return true
	case do == optionDown && err == nil:
		swapOptions(filled, n, n+1, rows)
		return true
	}
	return false
}

// swapOptions exchanges what two rows hold.
func swapOptions(filled *kit.Form, first, second, rows int) {
	if first < 0 || second >= rows {
		return
	}
	a, b := optionName(first), optionName(second)
	swapped := url.Values{}
	for name, values := range filled.Values {
		if rest, ok := strings.CutPrefix(name, a); ok {
			name = b + rest
		} else if rest, ok := strings.CutPrefix(name, b); ok {
			name = a + rest
		}
		swapped[name] = values
	}
	filled.Values = swapped
}

func questionValues(e event.Event, q form.Question) url.Values {
	v := url.Values{
		"kind": {string(q.Kind)}, "asked": {string(q.Asked)}, "min": {q.Min}, "max": {q.Max},
		"categories": q.Categories, "endings": q.Endings, "freeze": {localTime(e, q.Freeze)}, "keep": {localTime(e, q.Keep)},
		"rows": {strconv.Itoa(len(q.Options))},
	}
	check := func(name string, ticked bool) {
		if ticked {
			v.Set(name, "on")
		}
	}
	check("required", q.Required)
	check("approve", q.Approve)
	for lang, words := range q.Label {
		v.Set("label-"+lang, words)
	}
	for lang, words := range q.Help {
		v.Set("help-"+lang, words)
	}
	if q.Most > 0 {
		v.Set("most", strconv.Itoa(q.Most))
	}
	if q.If != nil {
		v.Set("if", q.If.Question)
		v["if-"+q.If.Question] = q.If.Is
	}
	for n, o := range q.Options {
		v.Set(optionName(n)+"id", o.ID)
		check(optionName(n)+"retired", o.Retired)
		for lang, words := range o.Label {
			v.Set(optionName(n)+lang, words)
		}
	}
	return v
}

func (s *Pages) renderQuestion(c *fiber.Ctx, e event.Event, q form.Question, filled *kit.Form) error {
	p := kit.Printer(c)
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	list := deskPath(e, kit.DeskQuestions)
	title, path := p.T("question.new"), list
	if q.ID != "" {
		title, path = p.Text(q.Label), list+"/"+q.ID
	}
	frame, err := s.frame(c, &e, kit.DeskQuestions, title)
	if err != nil {
		return err
	}
	frame.Scripts = append(frame.Scripts, "question-form.js")
	page := questionPage{
		Frame: frame, Form: filled, Path: path, Back: list, Question: q, Kind: kindOfQuestion(p, q.Kind),
		Crumbs: []kit.Link{{Href: list, Label: p.T("question.title")}, {Label: title}},
		Limits: limitFields(p, q.Kind), Times: s.clock(frame.Printer, &e).zoneNote(&e),
	}
	for _, lang := range formLanguages(e) {
		page.Words = append(page.Words, wordFields(p, lang))
	}
	if q.Kind == form.One || q.Kind == form.Several {
		page.Options = optionFields(p, e, filled)
	}
	if q.Kind == form.File {
		for _, ending := range file.Endings() {
			page.Endings = append(page.Endings, kit.Option{Value: ending, Label: ending})
		}
	}
	for _, moment := range form.Moments {
		page.Moments = append(page.Moments, kit.Option{Value: string(moment), Label: p.T("question.asked." + string(moment)), Note: p.T("question.asked_hint." + string(moment))})
	}
	for _, category := range e.Categories() {
		page.Whom = append(page.Whom, kit.Option{Value: category.ID, Label: e.CategoryLabel(p, category.ID)})
	}
	page.conditions(set)
	page.places(set)
	labelQuestion(filled, page)
	return kit.Render(c, "desk/question", page)
}

// labelQuestion names the fields for the summary of faults, and has those of the
// whole label and help point to their English fields.
func labelQuestion(filled *kit.Form, page questionPage) {
	for i, fault := range filled.Faults {
		switch fault.Name {
		case "label", "id":
			filled.Faults[i].Name = "label-en"
		case "help":
			filled.Faults[i].Name = "help-en"
		}
	}
	filled.Labels = map[string]string{}
	for _, words := range page.Words {
		filled.Labels[words.Label.Name], filled.Labels[words.Help.Name] = words.Label.Label, words.Help.Label
	}
	for _, limit := range page.Limits {
		filled.Labels[limit.Name] = limit.Label
	}
	for _, name := range []string{"options", "endings", "asked", "if", "freeze", "keep", "required", "approve"} {
		filled.Labels[name] = filled.T("question.field." + name)
	}
	filled.Labels["categories"] = filled.T("question.field.whom")
}

func wordFields(p *i18n.Printer, lang string) questionWords {
	name, dir := p.LanguageName(lang), i18n.Direction(lang)
	return questionWords{
		Label: languageField{Name: "label-" + lang, Label: p.T("question.label_in", "Language", name), Lang: lang, Dir: dir, Required: lang == "en"},
		Help:  languageField{Name: "help-" + lang, Label: p.T("question.help_in", "Language", name), Lang: lang, Dir: dir},
	}
}

func optionFields(p *i18n.Printer, e event.Event, filled *kit.Form) []optionRow {
	rows := optionRows(filled)
	list := make([]optionRow, rows)
	for n := range list {
		name := optionName(n)
		list[n] = optionRow{
			N: n, Number: p.Number(n + 1), Name: name, ID: filled.Value(name + "id"), Retired: filled.Checked(name + "retired"),
			First: n == 0, Last: n == rows-1,
		}
		for _, lang := range formLanguages(e) {
			list[n].Labels = append(list[n].Labels, languageField{Name: name + lang, Label: p.LanguageName(lang), Lang: lang, Dir: i18n.Direction(lang)})
		}
	}
	return list
}

// limitFields are the limits that a question of the kind can have.
func limitFields(p *i18n.Printer, kind form.Kind) []limitField {
	field := func(name, key, kind, least, most string) limitField {
		return limitField{Name: name, Label: p.T("question.limit." + key), Type: kind, Min: least, Max: most}
	}
	switch kind {
	case form.Text:
		return []limitField{field("most", "signs", "number", "1", strconv.Itoa(form.MaxText))}
	case form.Long:
		return []limitField{field("most", "signs", "number", "1", strconv.Itoa(form.MaxLong))}
	case form.Number:
		return []limitField{field("min", "least", "text", "", ""), field("max", "greatest", "text", "", "")}
	case form.Date:
		return []limitField{field("min", "first", "date", "", ""), field("max", "last", "date", "", "")}
	case form.Several:
		return []limitField{field("most", "choices", "number", "1", strconv.Itoa(form.MaxOptions))}
	case form.File:
		return []limitField{field("most", "size", "number", "1", strconv.Itoa(form.MaxFile))}
	}
	return nil
}

// conditions offers the questions that stand before, and the answers to those that
// offer some.
func (page *questionPage) conditions(set form.Set) {
	p := page.Printer
	page.Ifs = []kit.Option{{Label: p.T("question.always")}}
	for _, other := range set.Questions {
		if other.ID == page.Question.ID {
			break
		}
		if other.Retired && page.Form.Value("if") != other.ID {
			continue
		}
		page.Ifs = append(page.Ifs, kit.Option{Value: other.ID, Label: p.Text(other.Label)})
		if options := answersTo(p, other); len(options) > 0 {
			page.Answers = append(page.Answers, conditionField{
				Question: other.ID, Name: "if-" + other.ID, Label: p.T("question.if_is", "Question", p.Text(other.Label)), Options: options,
			})
		}
	}
}

// places offers the other questions that are asked, to stand behind; where it stands now
// is chosen.
func (page *questionPage) places(set form.Set) {
	p := page.Printer
	page.Places = []kit.Option{{Label: p.T("question.place_first")}}
	for _, other := range set.Questions {
		switch {
		case other.ID == page.Question.ID:
			page.Form.Values.Set("behind", page.Places[len(page.Places)-1].Value)
		case !other.Retired:
			page.Places = append(page.Places, kit.Option{Value: other.ID, Label: p.T("question.place_behind", "Question", p.Text(other.Label))})
		}
	}
}

// answersTo are the answers to a question that offers some.
func answersTo(p *i18n.Printer, q form.Question) []kit.Option {
	if q.Kind == form.YesNo {
		return []kit.Option{{Value: form.Yes, Label: p.T("form.answer.yes")}, {Value: form.No, Label: p.T("form.answer.no")}}
	}
	var list []kit.Option
	for _, o := range q.Options {
		list = append(list, kit.Option{Value: o.ID, Label: p.Text(o.Label)})
	}
	return list
}
