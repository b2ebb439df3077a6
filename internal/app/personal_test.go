package app_test

import (
	"testing"

	"convene/internal/app"
	"convene/internal/app/apptest"
)

// Whoever adds a collection has to say what it keeps of people: in a part, which
// hands it out and erases it, or by its reason to keep nothing.
func TestEveryCollectionSaysWhatItKeepsOfPeople(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	claimed := map[string]string{}
	for _, part := range a.Privacy.Parts {
		if part.Export == nil || part.Erase == nil {
			t.Errorf("the part %q cannot hand out, or cannot erase", part.Name)
		}
		for _, name := range part.Holds {
			if by, twice := claimed[name]; twice {
				t.Errorf("%s is spoken for by %s and by %s", name, by, part.Name)
			}
			claimed[name] = part.Name
		}
	}
	known := map[string]bool{}
	for _, schema := range app.Schemas() {
		known[schema.Name] = true
		part, reason := claimed[schema.Name], app.Impersonal[schema.Name]
		switch {
		case part == "" && reason == "":
			t.Errorf("the collection %s is in no part (app.personalParts), and app.Impersonal gives no reason", schema.Name)
		case part != "" && reason != "":
			t.Errorf("the collection %s is in the part %s, and app.Impersonal says that it keeps nothing", schema.Name, part)
		}
	}
	for name := range claimed {
		if !known[name] {
			t.Errorf("the part %s speaks for %s, which is no collection", claimed[name], name)
		}
	}
	for name := range app.Impersonal {
		if !known[name] {
			t.Errorf("app.Impersonal names %s, which is no collection", name)
		}
	}
}
