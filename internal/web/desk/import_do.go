package desk

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/intake"
	"convene/internal/problem"
	"convene/internal/table"
	"convene/internal/web/kit"
)

// ImportDo takes an import a step on or back.
func (s *Pages) ImportDo(c *fiber.Ctx) error {
	e, i, err := s.importOf(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	do, ok := s.importSteps(form)[c.Params("do")]
	if !ok {
		return fiber.ErrNotFound
	}
	ctx := c.UserContext()
	changed, err := do(ctx, e, i)
	if form.Refused(err) {
		status := fiber.StatusUnprocessableEntity
		if problem.KindOf(err) == problem.Conflict {
			status = fiber.StatusConflict
		}
		if i, err = s.app.Imports.Get(ctx, e, i.ID); err != nil {
			return err
		}
		return s.renderImport(c.Status(status), e, i, form)
	}
	if err != nil {
		return err
	}
	if changed.State.Active() {
		s.goOn(ctx)
	}
	if changed.State == intake.Dropped {
		return c.Redirect(deskPath(e, "imports"), fiber.StatusSeeOther)
	}
	return c.Redirect(deskPath(e, "imports", i.ID), fiber.StatusSeeOther)
}

type importStep func(context.Context, event.Event, intake.Import) (intake.Import, error)

// importSteps are what the buttons of the page do.
func (s *Pages) importSteps(form *kit.Form) map[string]importStep {
	plain := func(fn func(context.Context, event.Event, string) (intake.Import, error)) importStep {
		return func(ctx context.Context, e event.Event, i intake.Import) (intake.Import, error) {
			return fn(ctx, e, i.ID)
		}
	}
	imports := s.app.Imports
	return map[string]importStep{
		"match": plain(imports.Match), "stop": plain(imports.Stop), "look": plain(imports.Look), "keep": plain(imports.Keep), "undo": plain(imports.Undo),
		"sheet": func(ctx context.Context, e event.Event, i intake.Import) (intake.Import, error) {
			row, err := headRow(form.Value("row"))
			if err != nil {
				return i, err
			}
			sheet := form.Value("sheet")
			if sheet != "" && sheet != i.File.Sheet { // which has its headings elsewhere
				row = 0
			}
			return imports.Sheet(ctx, e, i.ID, sheet, row)
		},
		"check": func(ctx context.Context, e event.Event, i intake.Import) (intake.Import, error) {
			columns := make([]string, len(i.File.Heads))
			for n := range columns {
				columns[n] = form.Value("column-" + strconv.Itoa(n))
			}
			return imports.Check(ctx, e, i.ID, columns, intake.How{
				Mode: intake.Mode(form.Value("mode")), Category: form.Value("category"), Language: form.Value("language"), Clear: form.Checked("clear"),
			})
		},
		"start": func(ctx context.Context, e event.Event, i intake.Import) (intake.Import, error) {
			return imports.Start(ctx, e, i.ID, form.Checked("partial"), form.Value("refuse") == "yes")
		},
	}
}

// headRow reads in which row the headings are; 0 where nothing is typed.
func headRow(typed string) (int, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return 0, nil
	}
	row, err := strconv.Atoi(typed)
	if err != nil || row < 1 || row > table.Usual.Rows {
		var faults problem.Form
		faults.Add("row", "problem.field.between", "Min", 1, "Max", table.Usual.Rows)
		return 0, faults.Err()
	}
	return row, nil
}
