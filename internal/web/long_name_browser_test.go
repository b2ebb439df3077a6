package web_test

import (
	"strings"
	"testing"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/browsertest"
)

// The longest name, in one word, makes no page of a phone wider than the phone.
func TestLongNamesFitAPhone(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	h.publish(event.ListedForAll, event.ListedFields...)
	ctx, long := t.Context(), strings.Repeat("W", delegate.MaxName)
	var people []delegate.Delegate
	for _, email := range []string{"long@example.org", "twin@example.org"} {
		form := apptest.Form(long, email)
		form.LatinName, form.Organisation, form.JobTitle, form.ListedPublic = long, long, long, true
		if err := h.app.Delegates.Register(ctx, h.event, form); err != nil {
			t.Fatal(err)
		}
		d := h.found(email)
		d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(d, d.VerifySerial))
		if err == nil && d.State == delegate.Awaiting {
			d, err = h.app.Delegates.Approve(ctx, d.ID, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, d)
	}
	if _, err := h.app.Delegates.Tag(ctx, people[0].ID, "A tag of as many letters"); err != nil {
		t.Fatal(err)
	}
	own, desk := "/r/"+h.app.Delegates.ManageToken(people[0]), "/desk/e/rehearsal"
	person, twins := desk+"/delegates/"+people[0].ID, desk+"/twins/"+people[0].ID+"/"+people[1].ID
	url := h.serve()
	h.as(b, url, "organiser@example.org")
	for _, path := range []string{
		own, own + "/edit", own + "/badge", own + "/cancel", own + "/erase", own + "/confirmation", own + "/visa", own + "/listing", own + "/letters",
		own + "/participants", "/e/rehearsal/participants", person, person + "/edit", person + "/erase", desk + "/twins", twins,
		desk + "/delegates?q=long@example.org", desk + "/audit", desk + "/letters",
	} {
		b.Go(url + path)
		if wide := browsertest.Eval[int](b, `document.documentElement.scrollWidth`); wide > browsertest.PhoneWidth {
			t.Errorf("%.60s is %d wide", path, wide)
		}
	}
}
