package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"convene/internal/delegate"
	"convene/internal/feed"
	"convene/internal/intake"
)

// faultEvery is how many rows of the workbook have one with a fault among them.
const faultEvery = 100

// benchImport imports a workbook of as many people as there are to be delegates, one in
// a hundred of them with a fault: from the file to the preview, and from there until
// all are in. Both go in a process of their own, whose memory is measured at its most.
func benchImport(ctx context.Context, s settings, report func(result)) (err error) {
	s = s.withDefaults(1, 0, 1)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	database, workbook := filepath.Join(folder, "import.db"), filepath.Join(folder, "people.xlsx")
	if err := errors.Join(prepare(ctx, database, small), writeWorkbook(workbook, s.delegates)); err != nil {
		return err
	}
	s.say("importing %d people …", s.delegates)
	child, err := start(ctx, order{
		Kind: serveImport, Database: database, Workbook: workbook, Now: preparedAt.Add(time.Hour), Profile: s.profileOf("import"),
	})
	if err != nil {
		return err
	}
	rss := memory(child.cmd.Process.Pid, "VmHWM")
	if err := child.stop(); err != nil {
		return err
	}
	var took imported
	if err := json.Unmarshal([]byte(child.addr), &took); err != nil {
		return err
	}
	if want := s.delegates - s.delegates/faultEvery; took.New != want {
		return fmt.Errorf("%d people are in; want %d", took.New, want)
	}
	preview, all := took.Preview.Seconds(), (took.Preview + took.Do).Seconds()
	report(result{Bench: "import-preview", Delegates: s.delegates, Seconds: preview, PerSecond: float64(s.delegates) / preview})
	report(result{Bench: "import", Delegates: s.delegates, Seconds: all, PerSecond: float64(s.delegates) / all, RSS: rss})
	return nil
}

// writeWorkbook writes n people as the desk exports them.
func writeWorkbook(path string, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w, err := feed.NewXLSX(file)
	if err == nil {
		err = w.Row("Name", "Name in Latin letters", "Organisation", "Position", "City", "Country code", "Category", "E-mail", "Language", "Needs")
	}
	for i, f := range invent(n) {
		if err != nil {
			break
		}
		if i%faultEvery == faultEvery-1 {
			spoil(&f, i/faultEvery)
		}
		err = w.Row(f.Name, f.LatinName, f.Organisation, f.JobTitle, f.City, f.Country, f.Category, f.Email, f.Language, f.Needs)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(w.Close(), file.Sync(), file.Close())
}

// spoil puts one of several faults into a row.
func spoil(f *delegate.Form, which int) {
	switch which % 4 {
	case 0:
		f.Email = "not an address"
	case 1:
		f.Category = "king"
	case 2:
		f.Organisation = ""
	case 3:
		f.City, f.Country = "", "Nowhere"
	}
}

// imported is what a child tells of its import.
type imported struct {
	New         int
	Preview, Do time.Duration
}

// importWorkbook imports the workbook and tells of it in one line.
func (o order) importWorkbook(ctx context.Context) error {
	h, err := open(ctx, o.Database, o.Now)
	if err != nil {
		return err
	}
	took, err := h.importFrom(ctx, o.Workbook)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	line, err := json.Marshal(took)
	fmt.Println(string(line))
	<-ctx.Done()
	return errors.Join(err, h.Close())
}

func (h *house) importFrom(ctx context.Context, workbook string) (took imported, err error) {
	begun := time.Now()
	data, err := os.ReadFile(workbook)
	if err != nil {
		return took, err
	}
	i, err := h.Imports.Begin(ctx, h.event, filepath.Base(workbook), data)
	if err != nil {
		return took, err
	}
	how := i.How
	how.Mode = intake.Confirmed
	if i, err = h.Imports.Check(ctx, h.event, i.ID, i.Columns, how); err != nil {
		return took, err
	}
	if _, err = h.Imports.GoOn(ctx, i.ID); err != nil {
		return took, err
	}
	took.Preview = time.Since(begun)
	if i, err = h.Imports.Start(ctx, h.event, i.ID, true, false); err != nil {
		return took, err
	}
	if _, err = h.Imports.GoOn(ctx, i.ID); err != nil {
		return took, err
	}
	took.Do = time.Since(begun) - took.Preview
	if i, err = h.Imports.Get(ctx, h.event, i.ID); err == nil && i.State != intake.Done {
		err = fmt.Errorf("the import is %s", i.State)
	}
	took.New = i.Counts[intake.New]
	return took, err
}
