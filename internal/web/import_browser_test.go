package web_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/web/browsertest"
)

// TestAListIsImported has an organiser send a list with a title above its headings, see
// what would become of its rows, watch it being done, and undo it.
func TestAListIsImported(t *testing.T) {
	h := newHouse(t)
	url := h.serve()
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h.as(b, url, "organiser@example.org")
	list := filepath.Join(t.TempDir(), "list.csv")
	content := "Delegates of Africa,,,,\nFull name,E-mail,Organisation,Country,Category\n" +
		"Ada Obi,ada.obi@example.org,City of Lagos,Nigeria,Mayor\nBia Nobody,,City of Lagos,Nigeria,Mayor\n"
	if err := os.WriteFile(list, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Go(url + "/desk/e/rehearsal/imports")
	b.NoSideways()
	b.Do(chromedp.SetUploadFiles("#file", []string{list}, chromedp.ByQuery))
	b.Click("main form.form .button.primary")
	b.NoSideways()
	b.Shot("import-columns")
	b.Click("main form.form .button.primary")
	b.NoSideways()
	b.Shot("import-preview")
	if tabs := b.Text(".tabs"); !strings.Contains(tabs, "New (1)") || !strings.Contains(tabs, "Refused (1)") {
		t.Errorf("the preview is %q", tabs)
	}
	if why := b.Text("tbody"); !strings.Contains(why, "B4") {
		t.Errorf("a row is refused for %q, which does not name the cell", why)
	}

	// It is begun, and the job has yet to come: the page watches.
	ctx := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "s1", Name: "Desk"})
	id := path.Base(browsertest.Eval[string](b, "location.pathname"))
	if _, err := h.app.Imports.Start(ctx, h.event, id, true, false); err != nil {
		t.Fatal(err)
	}
	b.Go(url + "/desk/e/rehearsal/imports/" + id)
	b.Until(`document.querySelector("#going progress")`)
	b.NoSideways()
	b.Shot("import-going")
	if _, err := h.app.Imports.GoOn(ctx, id); err != nil {
		t.Fatal(err)
	}
	b.Until(`!document.getElementById("going") && document.querySelector('form[action$="/look"]')`)
	b.Shot("import-done")
	found := func() int {
		page, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: "ada.obi"}, "", 2)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	if n := found(); n != 1 {
		t.Errorf("%d are registered; want one", n)
	}

	b.Click(`form[action$="/look"] button`)
	b.NoSideways()
	if who := b.Text("tbody"); !strings.Contains(who, "Ada Obi") {
		t.Errorf("undoing would be about %q", who)
	}
	b.Click(`form[action$="/undo"] button`)
	b.Shot("import-undone")
	if n := found(); n != 0 {
		t.Errorf("%d are still registered", n)
	}
}
