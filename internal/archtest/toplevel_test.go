package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// topLevel is everything that may stand in the repository's first folder.
var topLevel = []string{
	".ci", ".dockerignore", ".gitignore",
	"CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "README.md", "docker-compose.yml", "go.mod", "go.sum",
	"cmd", "config", "docs", "internal", "seeds", "views",
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	names := files(t)
	report(t, misplaced(names))
	report(t, missing(names))
}

// misplaced finds names in the first folder that are not on the list.
func misplaced(names []string) (faults []string) {
	seen := map[string]bool{}
	for _, name := range names {
		first, _, _ := strings.Cut(name, "/")
		if !seen[first] && !slices.Contains(topLevel, first) {
			faults = append(faults, fmt.Sprintf("%s stands at the top of the repository; give it a room, or a line in this test", first))
		}
		seen[first] = true
	}
	return faults
}

// missing finds names on the list that are not there.
func missing(names []string) (faults []string) {
	for _, want := range topLevel {
		if !slices.ContainsFunc(names, func(name string) bool { return within(name, []string{want}) }) {
			faults = append(faults, fmt.Sprintf("%s is not there", want))
		}
	}
	return faults
}

func TestTopLevelIsRefused(t *testing.T) {
	t.Parallel()
	expect(t, misplaced([]string{"README.md", "cmd/convene/main.go", "notes.txt", "pkg/a.go", "pkg/b.go", "README.md.orig"}),
		[]string{"notes.txt", "pkg", "README.md.orig"})
	all := slices.DeleteFunc(slices.Clone(topLevel), func(name string) bool { return name == "LICENSE" || name == "docs" })
	expect(t, missing(all), []string{"LICENSE", "docs"})
}
