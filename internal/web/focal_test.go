package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
)

const sendingCity = "hangzhou"

// focalPoint gives the rehearsal delegations of the size, and the city a focal point
// with that address.
func (h *house) focalPoint(email, size string, approve bool) city.FocalPoint {
	h.t.Helper()
	ctx := h.t.Context()
	var err error
	if h.event, err = h.app.Events.SetDelegations(ctx, h.event.ID, event.Typed(event.TypedDelegations{Size: size, FocalApproval: approve})); err != nil {
		h.t.Fatal(err)
	}
	f, err := h.app.Cities.AddFocal(ctx, sendingCity, city.TypedFocal{Name: "Li Wei <b>", Email: email, Language: "en"})
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// focalLink asks for a link to sign in and returns its token.
func (h *house) focalLink(email string) string {
	h.t.Helper()
	ctx := h.t.Context()
	if err := h.app.Cities.SendFocalLink(ctx, h.event.ID, email, ""); err != nil {
		h.t.Fatal(err)
	}
	page, err := h.app.Outbox.Letters(ctx, outbox.Filter{Event: h.event.ID, Limit: 20}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion == city.OccasionFocalLink {
			return h.app.Cities.FocalToken(l.Data["pass"])
		}
	}
	h.t.Fatal("no letter brings a link")
	return ""
}

// nominated has somebody nominated by the city.
func (h *house) nominated(name string, role delegate.Role) delegate.Delegate {
	h.t.Helper()
	d, err := h.app.Delegates.Nominate(h.t.Context(), h.event, sendingCity, delegate.Nomination{
		Name: name, Email: strings.ToLower(name) + ".nominee@example.org", Category: "mayor", Language: "en", Role: role,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// delegationVisits are the pages of a focal point, and what the desk sees of it.
func (h *house) delegationVisits(desk string) []visit {
	h.t.Helper()
	ctx := h.t.Context()
	former := h.focalPoint("former@example.org", "3", true)
	now := h.focalPoint("focal@example.org", "3", true)
	if _, err := h.app.Cities.EndFocal(ctx, sendingCity, former.ID); err != nil {
		h.t.Fatal(err)
	}
	link, used := h.focalLink("focal@example.org"), h.focalLink("focal@example.org")
	session, _, err := h.app.Cities.UseFocalLink(ctx, used)
	if err != nil {
		h.t.Fatal(err)
	}
	head, gone := h.nominated("Mei", delegate.RoleHead), h.nominated("Jun", delegate.RoleMember)
	if err := h.app.Delegates.Remove(ctx, h.event, sendingCity, gone.ID, "ill"); err != nil {
		h.t.Fatal(err)
	}
	form := apptest.Form("Open Registrant", "open.registrant@example.org")
	form.City = sendingCity
	if err := h.app.Delegates.Register(ctx, h.event, form); err != nil {
		h.t.Fatal(err)
	}
	waiting, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: "open.registrant"}, "", 1)
	if err != nil || len(waiting.Items) != 1 {
		h.t.Fatalf("%d registered, %v", len(waiting.Items), err)
	}
	if _, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(waiting.Items[0], 1)); err != nil {
		h.t.Fatal(err)
	}
	focal, of := "convene_focal="+session, "/focal/rehearsal/"+sendingCity
	return []visit{
		{path: "/focal/sign-in"}, {path: "/focal/sent"}, {path: "/focal/link/" + link}, {path: "/focal/link/" + used, status: http.StatusGone},
		{path: "/focal", cookie: focal}, {path: of, cookie: focal}, {path: of + "/nominate", cookie: focal}, {path: of + "/people/" + head.ID, cookie: focal},
		{path: of + "/people/" + head.ID + "/replace", cookie: focal}, {path: of + "/people/" + head.ID + "/correct", cookie: focal}, {path: of + "/people/" + gone.ID, cookie: focal},
		{path: "/focal/rehearsal/beijing", cookie: focal, status: http.StatusNotFound},
		{path: "/desk/focal", cookie: desk}, {path: "/desk/focal?q=zzzz", cookie: desk}, {path: "/desk/focal/" + sendingCity, cookie: desk}, {path: "/desk/focal/eskisehir", cookie: desk}, {path: "/desk/focal/" + sendingCity + "/" + now.ID, cookie: desk},
		{path: "/desk/e/rehearsal/delegations", cookie: desk}, {path: "/desk/e/rehearsal/delegations?show=no_head&region=africa", cookie: desk},
		{path: "/desk/e/rehearsal/delegations/" + sendingCity, cookie: desk}, {path: "/desk/e/rehearsal/delegations/eskisehir", cookie: desk},
		{path: "/desk/e/rehearsal/delegates/" + head.ID, cookie: desk}, {path: "/desk/e/rehearsal/delegates/" + waiting.Items[0].ID, cookie: desk},
		{path: "/desk/e/rehearsal/texts/delegate.nominated", cookie: desk}, {path: "/desk/e/rehearsal/texts/focal.awaiting", cookie: desk},
	}
}

// Who is not focal point of a city, or no longer, sees nothing of its delegation; a
// form that is sent too late changes nothing and says so.
func TestOnlyFocalPointsSeeTheDelegation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.focalPoint("focal@example.org", "3", false)
	session, _, err := h.app.Cities.UseFocalLink(t.Context(), h.focalLink("focal@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	cookie, of := "convene_focal="+session, "/focal/rehearsal/"+sendingCity
	if answer, _ := h.get(of, ""); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/focal/sign-in?next=%2Ffocal%2Frehearsal%2Fhangzhou" {
		t.Errorf("without a session: %d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	if answer, _ := h.get("/focal/rehearsal/eskisehir", cookie); answer.StatusCode != http.StatusNotFound {
		t.Errorf("another city: %d", answer.StatusCode)
	}
	if answer, _ := h.get(of, cookie); answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("their city: %d, %s", answer.StatusCode, answer.Header.Get("Cache-Control"))
	}
	if _, err := h.app.Cities.EndFocal(t.Context(), sendingCity, f.ID); err != nil {
		t.Fatal(err)
	}
	if answer, _ := h.get(of, cookie); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("no longer focal point: %d", answer.StatusCode)
	}
}

// The own page tells who decides, and who has decided: the city, where it is the city.
func TestWhoDecidesStandsOnTheOwnPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.focalPoint("focal@example.org", "3", true)
	focal := audit.As(t.Context(), f.Actor())
	says := func(d delegate.Delegate, page, want, not string) *goquery.Document {
		t.Helper()
		doc := h.page("/r/" + h.app.Delegates.ManageToken(d) + page)
		if text := doc.Find("main").Text(); !strings.Contains(text, want) || not != "" && strings.Contains(text, not) {
			t.Errorf("the page says %q; want %q", text, want)
		}
		return doc
	}
	mei := h.nominated("Mei", delegate.RoleMember)
	if cities := says(mei, "/edit", "You are in its delegation", "").Find("#city option"); cities.Length() != 1 || cities.AttrOr("value", "") != sendingCity {
		t.Errorf("a nominee may choose among %d cities", cities.Length())
	}
	if err := h.app.Delegates.Remove(focal, h.event, sendingCity, mei.ID, "She is ill"); err != nil {
		t.Fatal(err)
	}
	says(mei, "", "The focal point of your city has ended your registration", "You have withdrawn")

	form := apptest.Form("Open Registrant", "open@example.org")
	form.City = sendingCity
	if err := h.app.Delegates.Register(t.Context(), h.event, form); err != nil {
		t.Fatal(err)
	}
	waiting := h.found("open@example.org")
	waiting, err := h.app.Delegates.Verify(t.Context(), h.app.Delegates.VerifyToken(waiting, waiting.VerifySerial))
	if err != nil {
		t.Fatal(err)
	}
	says(waiting, "", "The focal point of your city looks at your registration first", "The organisers look at every")
	if _, err := h.app.Delegates.FocalApprove(focal, sendingCity, waiting.ID, ""); err != nil {
		t.Fatal(err)
	}
	says(waiting, "", "The organisers look at every registration", "looks at your registration first")
}

// The focal point, and who was to come instead, read until when the place is kept, and
// the focal point that it is no longer.
func TestUntilWhenAPlaceIsKeptStandsBesideThePerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.focalPoint("focal@example.org", "3", false)
	session, _, err := h.app.Cities.UseFocalLink(t.Context(), h.focalLink("focal@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	mei := h.nominated("Mei", delegate.RoleHead)
	form := delegate.FormOf(mei)
	form.Consent = true
	if mei, err = h.app.Delegates.Finish(t.Context(), mei.ID, form); err != nil {
		t.Fatal(err)
	}
	h.limit(1) // kept for 24 hours
	of := "/focal/rehearsal/" + sendingCity
	reads := func(path, selector, want string) {
		t.Helper()
		answer, body := h.get(path, "convene_focal="+session)
		if text := parsed(t, body).Find(selector).Text(); answer.StatusCode != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %s, %q; want %q", path, answer.Status, text, want)
		}
	}
	reads(of+"/people/"+mei.ID+"/replace", ".page-head", "kept for them for 24 hours")
	jun, err := h.app.Delegates.Replace(t.Context(), h.event, sendingCity, mei.ID, delegate.Nomination{
		Name: "Jun", Email: "jun@example.org", Category: "mayor", Language: "en",
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	until := h.app.Catalogue.For("en").DateTime(jun.KeptUntil.In(h.event.Location()))
	for path, selector := range map[string]string{of: "main tbody tr", of + "/people/" + jun.ID: ".page-head"} {
		reads(path, selector, "is kept until "+until)
	}
	reads("/r/"+h.app.Delegates.ManageToken(jun), ".page-head", "kept for you until "+until)
	h.clock.Set(jun.KeptUntil)
	if err := h.app.Jobs.RunNow(t.Context(), "places"); err != nil {
		t.Fatal(err)
	}
	if session, _, err = h.app.Cities.UseFocalLink(t.Context(), h.focalLink("focal@example.org")); err != nil { // the first has run out
		t.Fatal(err)
	}
	for path, selector := range map[string]string{of: "main tbody tr", of + "/people/" + jun.ID: ".page-head"} {
		reads(path, selector, "was kept until "+until)
	}
}

// A focal point who mistyped an address sees that letters come back, and puts it right:
// the nominee has a letter at the right one, and the first link is dead.
func TestAFocalPointCorrectsANominee(t *testing.T) {
	h := newHouse(t)
	h.focalPoint("focal@example.org", "3", false)
	session, _, err := h.app.Cities.UseFocalLink(t.Context(), h.focalLink("focal@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	cookie, of := "convene_focal="+session, "/focal/rehearsal/"+sendingCity
	d := h.nominated("Mei", delegate.RoleHead)
	wrong := h.app.Delegates.ManageToken(d)
	if _, err := h.app.Outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.cameBack(d)
	h.clock.Add(time.Minute)
	for _, path := range []string{of, of + "/people/" + d.ID} {
		if _, body := h.get(path, cookie); !strings.Contains(parsed(t, body).Find("main").Text(), "come back") {
			t.Errorf("%s does not tell that letters come back", path)
		}
	}
	here := of + "/people/" + d.ID + "/correct"
	send := func(email string) (*http.Response, string) {
		values := url.Values{"name": {"Mei Lin"}, "email": {email}, "category": {"mayor"}, "language": {"fr"}}
		return h.post(here, values, h.proved(here, cookie, values))
	}
	if answer, body := send("nowhere"); answer.StatusCode != http.StatusUnprocessableEntity || parsed(t, body).Find("#name").AttrOr("value", "") != "Mei Lin" {
		t.Errorf("a wrong address: %s", answer.Status)
	}
	if answer, body := send("mei.lin@example.org"); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	if answer, _ := h.get("/r/"+wrong, ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the link that went to the wrong address: %s", answer.Status)
	}
	if d, err = h.app.Delegates.Get(t.Context(), d.ID); err != nil || d.Name != "Mei Lin" || d.Language != "fr" || d.Role != delegate.RoleHead || !d.Voter {
		t.Errorf("they are %+v, %v", d, err)
	}
	page, err := h.app.Outbox.Letters(t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(page.Items) != 2 || page.Items[0].Occasion != delegate.OccasionNominated || page.Items[0].To.Email != "mei.lin@example.org" {
		t.Errorf("letters: %+v, %v", page.Items, err)
	}
	if _, body := h.get(of, cookie); strings.Contains(parsed(t, body).Find("main").Text(), "come back") {
		t.Error("letters still come back")
	}
}
