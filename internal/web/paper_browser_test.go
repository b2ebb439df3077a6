package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"convene/internal/delegate"
	"convene/internal/web/browsertest"
)

// Papers are one sheet of A4 in every language, with the longest names there can be.
func TestPapersArePrintedOnOneSheet(t *testing.T) {
	b := browsertest.Open(t, browsertest.DesktopWidth)
	h := newHouse(t)
	d := h.confirmed(1)[0]
	form := delegate.OwnForm(d)
	form.Name = strings.Repeat("Wilhelmina عمدة ", 12) + "End"
	form.Organisation = strings.Repeat("Organisation <b> ", 11) + "End"
	form.LatinName, form.JobTitle = strings.Repeat("W", delegate.MaxName), strings.Repeat("Mm ", delegate.MaxName/3)
	d, err := h.app.Delegates.Update(t.Context(), d.ID, form)
	if err != nil {
		t.Fatal(err)
	}
	own := h.serve() + "/r/" + h.app.Delegates.ManageToken(d)
	b.Go(own + "/visa")
	b.Click(`form[action$="/visa"] button`)
	for _, lang := range h.app.Catalogue.Languages() {
		for _, paper := range []string{"confirmation", "visa"} {
			b.Go(fmt.Sprintf("%s/%s?lang=%s", own, paper, lang))
			b.Do(chromedp.WaitVisible(".paper", chromedp.ByQuery))
			if got := b.Printed(paper + "-" + lang); !slices.Equal(got, []browsertest.Sheet{browsertest.A4}) {
				t.Errorf("%s in %s is printed on %v", paper, lang, got)
			}
		}
	}
}
