package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/store"
	"convene/internal/web/browsertest"
)

// as signs the browser in.
func (h *house) as(b *browsertest.Browser, url, email string) {
	name, value, _ := strings.Cut(h.signIn(email), "=")
	b.Do(network.SetCookie(name, value).WithURL(url))
}

// TestTwoEditors has two organisers, one of them with a phone, change one person at the
// same time.
func TestTwoEditors(t *testing.T) {
	h := newHouse(t)
	d := h.awaiting("Zuhura Omar")
	url := h.serve()
	path := url + "/desk/e/rehearsal/delegates/" + d.ID
	one, other, phone := browsertest.Open(t, browsertest.DesktopWidth), browsertest.Open(t, browsertest.DesktopWidth), browsertest.Open(t, browsertest.PhoneWidth)
	for _, b := range []*browsertest.Browser{one, other, phone} {
		h.as(b, url, "organiser@example.org")
		b.Go(path + "/edit")
	}
	other.Do(chromedp.SetValue("#job_title", "Mayor"), chromedp.SetValue("#needs", "A quiet room"))
	other.Click("main form.form .button.primary")
	one.Do(chromedp.SetValue("#job_title", "Deputy mayor"), chromedp.SetValue("#organisation", "City Hall"))
	one.Click("main form.form .button.primary")
	one.NoSideways()
	one.Shot("two-editors")
	if told := one.Text("#clashes"); !strings.Contains(told, "Mayor") {
		t.Errorf("the second is told %q", told)
	}
	if typed := browsertest.Eval[string](one, `document.getElementById("job_title").value`); typed != "Deputy mayor" {
		t.Errorf("what the second typed became %q", typed)
	}
	one.Do(chromedp.Click("#clashes input", chromedp.ByQuery))
	one.Click("main form.form .button.primary")
	after, err := h.app.Delegates.Get(t.Context(), d.ID)
	if err != nil || after.JobTitle != "Mayor" || after.Organisation != "City Hall" || after.Needs != "A quiet room" {
		t.Errorf("%q at %q, %q, %v", after.JobTitle, after.Organisation, after.Needs, err)
	}
	one.Shot("two-editors-after")

	phone.Do(chromedp.SetValue("#organisation", "Town Hall"))
	phone.Click("main form.form .button.primary")
	phone.NoSideways()
	phone.Shot("two-editors-phone")
	if told := phone.Text("#clashes"); !strings.Contains(told, "City Hall") {
		t.Errorf("on a phone they are told %q", told)
	}
}

// awaiting is somebody who awaits approval.
func (h *house) awaiting(name string) delegate.Delegate {
	h.t.Helper()
	form := apptest.Form(name, strings.ReplaceAll(strings.ToLower(name), " ", ".")+"@example.org")
	if err := h.app.Delegates.Register(h.t.Context(), h.event, form); err != nil {
		h.t.Fatal(err)
	}
	found, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{Text: form.Email}, "", 1)
	if err != nil || len(found.Items) != 1 {
		h.t.Fatalf("%s: %v", name, err)
	}
	d, err := h.app.Delegates.Verify(h.t.Context(), h.app.Delegates.VerifyToken(found.Items[0], found.Items[0].VerifySerial))
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// TestApprovalInBulk approves those on a page on a desktop, and all the others of the
// list on a phone.
func TestApprovalInBulk(t *testing.T) {
	h := newHouse(t)
	h.event.Registration.Approval = true
	err := h.app.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		h.event, err = h.app.Events.Save(t.Context(), tx, h.event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{State: delegate.Awaiting})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Zuhura Omar", "Zawadi Njoroge", "Zola Dube"} {
		h.awaiting(name)
	}
	url := h.serve()
	list := url + "/desk/e/rehearsal/delegates?state=awaiting"
	wide := browsertest.Open(t, browsertest.DesktopWidth)
	h.as(wide, url, "organiser@example.org")
	wide.Go(list + "&q=zuhura")
	wide.Do(chromedp.Click("tbody .check", chromedp.ByQuery))
	wide.Click(".bulk button")
	wide.NoSideways()
	wide.Shot("approve-some")
	wide.Click("main form.form .button.primary")
	if told := wide.Text(".flash.good"); !strings.Contains(told, "Approved: 1") {
		t.Errorf("it says %q", told)
	}
	phone := browsertest.Open(t, browsertest.PhoneWidth)
	h.as(phone, url, "organiser@example.org")
	phone.Go(list)
	phone.NoSideways()
	phone.Do(chromedp.SetValue("#whom", "all"))
	phone.Click(".bulk button")
	phone.NoSideways()
	phone.Shot("approve-all")
	phone.Click("main form.form .button.primary")
	phone.NoSideways()
	phone.Shot("approve-progress")
	if err := h.app.Jobs.RunNow(t.Context(), "bulk"); err != nil {
		t.Fatal(err)
	}
	phone.Until(`!document.querySelector("#progress[data-running]")`) // the page follows by itself
	phone.Shot("approve-done")
	left, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{State: delegate.Awaiting})
	if err != nil || left != 0 {
		t.Errorf("%d still await approval, of %d and three, %v", left, before, err)
	}
	if told := phone.Text("#progress"); !strings.Contains(told, "Done") {
		t.Errorf("at the end it says %q", told)
	}
}
