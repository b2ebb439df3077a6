package event_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
)

func named(english string) event.TypedCategory {
	return event.TypedCategory{Name: i18n.English(english)}
}

func ids(e event.Event) (list []string) {
	for _, c := range e.Categories() {
		list = append(list, c.ID)
	}
	return list
}

// The id of a category is made of its English name, and no other ever gets it.
func TestCategoriesOfAnEventsOwn(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	save := func(id string, typed event.TypedCategory) event.Category {
		t.Helper()
		c, err := a.Events.SaveCategory(t.Context(), e.ID, id, event.Typed(typed))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	donor := named("  Donors & Förderer ")
	donor.Name["fr"], donor.Places, donor.Mode, donor.Seen, donor.Colour = "Donateurs", " 12 ", event.ModeApproval, event.SeenByInvited, "#0A6E5C"
	donor.Opens, donor.Closes = "2027-05-20T09:00", "2027-05-25T18:30"
	c := save("", donor)
	if c.ID != "donors-forderer" || *c.Places != 12 || c.Colour != "#0a6e5c" || c.Name["en"] != "Donors & Förderer" {
		t.Errorf("saved %+v", c)
	}
	if want := time.Date(2027, 5, 20, 15, 0, 0, 0, time.UTC); !c.Opens.Equal(want) { // Mexico City is six hours behind
		t.Errorf("it opens at %s; want %s", c.Opens, want)
	}
	for i, want := range []string{"new-2", "new-3", "media-2", "category"} {
		if got := save("", named([]string{"New", "New!", "Media", "部長"}[i])).ID; got != want {
			t.Errorf("the id is %q; want %q", got, want)
		}
	}
	for _, id := range []string{"new-2", "media"} {
		if err := a.Delegates.RemoveCategory(t.Context(), e.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := save("", named("New")).ID; got != "new-4" {
		t.Errorf("a removed category's id is used again: %q", got)
	}
	if err := a.Events.AddUsual(t.Context(), e.ID, "media"); err != nil {
		t.Fatal(err)
	}
	if err := a.Events.MoveCategory(t.Context(), e.ID, "mayor", true); err != nil {
		t.Fatal(err)
	}
	now, err := a.Events.Find(t.Context(), e.Slug)
	if list := ids(now); err != nil || list[0] != "mayor" || list[1] != "minister" || list[len(list)-1] != "media" || slices.Contains(list, "new-2") {
		t.Errorf("the order is %v, %v", list, err)
	}
	if _, err := a.Events.SaveCategory(t.Context(), e.ID, "nothing", event.Typed(named("Nothing"))); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a category that is not there was saved: %v", err)
	}
}

func TestFaultyCategories(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for field, change := range map[string]func(*event.TypedCategory){
		"name-en": func(c *event.TypedCategory) { c.Name = i18n.Text{"fr": "Donateurs"} },
		"places":  func(c *event.TypedCategory) { c.Places = "-1" },
		"opens":   func(c *event.TypedCategory) { c.Opens = "tomorrow" },
		"closes":  func(c *event.TypedCategory) { c.Opens, c.Closes = "2027-05-20T09:00", "2027-05-20T09:00" },
		"mode":    func(c *event.TypedCategory) { c.Mode = "closed" },
		"seen":    func(c *event.TypedCategory) { c.Seen = "nobody" },
		"colour":  func(c *event.TypedCategory) { c.Colour = "#fff; } body { display: none" },
	} {
		typed := named("Donors")
		change(&typed)
		_, err := a.Events.SaveCategory(t.Context(), e.ID, "", event.Typed(typed))
		var p *problem.Error
		if !errors.As(err, &p) || len(p.Fields) != 1 || p.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := a.Events.SaveCategory(t.Context(), e.ID, "media", event.Typed(event.TypedCategory{})); err != nil {
		t.Errorf("a usual one without a name of its own: %v", err)
	}
}

// A category stays while anybody is registered in it.
func TestCategoriesThatAreUsedStay(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Yusuf")
	if _, err := a.Delegates.Cancel(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := a.Delegates.RemoveCategory(t.Context(), e.ID, d.Category); problem.KindOf(err) != problem.Conflict {
		t.Errorf("removed with somebody in it: %v", err)
	}
	if err := a.Events.ShowCategory(t.Context(), e.ID, d.Category, event.SeenByDesk); err != nil {
		t.Fatal(err)
	}
	now, err := a.Events.Find(t.Context(), e.Slug)
	if err != nil || slices.ContainsFunc(now.Offered(a.Clock()), event.Category{ID: d.Category}.Same) {
		t.Errorf("what is hidden is offered (%v)", err)
	}
}
