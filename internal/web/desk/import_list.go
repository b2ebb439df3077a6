package desk

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/problem"
	"convene/internal/table"
	"convene/internal/web/kit"
)

// importsPage is desk/imports.html.
type importsPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Form     *kit.Form
	Path     string
	Rows     []importRow
	First    string
	Next     string
	FileHint string
	After    string // for how long they can be undone
}

type importRow struct {
	Href, Name, By string
	At             Moment
	Pill           Pill
	Rows           string
}

// Imports lists the event's imports, and takes a file for another.
func (s *Pages) Imports(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderImports(c, e, kit.NewForm(c, nil))
}

func (s *Pages) renderImports(c *fiber.Ctx, e event.Event, form *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskDelegates, p.T("intake.title"))
	if err != nil {
		return err
	}
	cursor := c.Query("after")
	found, err := s.app.Imports.List(c.UserContext(), e, cursor, pageSize)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{table.Field: p.T("intake.file")}
	page := importsPage{
		Frame: frame, Form: form, Path: deskPath(e, "imports"),
		Crumbs:   []kit.Link{{Href: deskPath(e, "delegates"), Label: p.T("board.delegates.title")}, {Label: p.T("intake.title")}},
		FileHint: p.T("intake.file_hint", "Max", s.app.Files.Max>>20, "Rows", p.Number(table.Usual.Rows)),
		After:    undoTime(p),
	}
	clock := s.clock(p, &e)
	for _, i := range found.Items {
		page.Rows = append(page.Rows, importRow{
			Href: deskPath(e, "imports", i.ID), Name: i.File.Name, By: i.By.Name, At: clock.moment(i.At),
			Pill: importPill(p, i.State), Rows: countsOf(p, i),
		})
	}
	if cursor != "" {
		page.First = page.Path
	}
	if found.Next != "" {
		page.Next = page.Path + "?after=" + found.Next
	}
	return kit.Render(c, "desk/imports", page)
}

func undoTime(p *i18n.Printer) string {
	return p.T("intake.after", "Count", int(intake.KeepUndo/(24*time.Hour)))
}

func importPill(p *i18n.Printer, state intake.State) Pill {
	classes := map[intake.State]string{
		intake.Done: "ok", intake.Looking: "ok", intake.Undoable: "ok", intake.Failed: "failed",
		intake.Undone: "off", intake.Dropped: "off", intake.Checked: "wait", intake.Matching: "draft",
	}
	class, ok := classes[state]
	if !ok {
		class = "running"
	}
	return Pill{Class: class, Label: p.T("intake.state." + string(state))}
}

// countsOf tells how many rows became what.
func countsOf(p *i18n.Printer, i intake.Import) string {
	text := ""
	for _, kind := range intake.Kinds {
		if n := i.Counts[kind]; n > 0 {
			if text != "" {
				text += " · "
			}
			text += p.T("intake.kind."+string(kind)) + " " + p.Number(n)
		}
	}
	return text
}

// ImportBegin takes a file.
func (s *Pages) ImportBegin(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	i, err := s.beginImport(c, e)
	if form.Refused(err) {
		return s.renderImports(c.Status(fiber.StatusUnprocessableEntity), e, form)
	}
	if err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "imports", i.ID), fiber.StatusSeeOther)
}

func (s *Pages) beginImport(c *fiber.Ctx, e event.Event) (intake.Import, error) {
	files, err := kit.Uploads(c, table.Field)
	if err != nil {
		return intake.Import{}, err
	}
	if len(files) != 1 {
		var faults problem.Form
		faults.Add(table.Field, "problem.field.required")
		return intake.Import{}, faults.Err()
	}
	return s.app.Imports.Begin(c.UserContext(), e, files[0].Name, files[0].Data)
}

// importPatience is how long a page waits for an import. Longer ones go on without it.
const importPatience = 1500 * time.Millisecond

// goOn has imports go on at once, rather than at the job's next tick.
func (s *Pages) goOn(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, importPatience)
	defer stop()
	// What goes wrong stands in the list of jobs, and the next tick tries again.
	_ = s.jobs.RunNow(ctx, "imports")
}
