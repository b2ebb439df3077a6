package views_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v3"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"convene/views"
)

// message is one text, or one for each plural form.
type message struct {
	plural bool
	forms  map[string]string
}

var pluralForms = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// catalogue reads a language's messages by key.
func catalogue(t *testing.T, name string) map[string]message {
	t.Helper()
	content, err := views.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(content, &tree); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	messages := map[string]message{}
	flatten(t, name, "", tree, messages)
	return messages
}

func flatten(t *testing.T, file, prefix string, tree map[string]any, into map[string]message) {
	t.Helper()
	for name, value := range tree {
		key := prefix + name
		switch v := value.(type) {
		case string:
			into[key] = message{forms: map[string]string{"other": v}}
		case map[string]any:
			if _, ok := v["other"].(string); !ok {
				flatten(t, file, key+".", v, into)
				continue
			}
			m := message{plural: true, forms: map[string]string{}}
			for form, text := range v {
				m.forms[form], _ = text.(string)
			}
			into[key] = m
		default:
			t.Errorf("%s: %s is %T, not a text", file, key, value)
		}
	}
}

var placeholder = regexp.MustCompile(`\.([A-Z]\w*)`)

// placeholders lists what the message's forms fill in, sorted.
func (m message) placeholders() []string {
	found := map[string]bool{}
	for _, text := range m.forms {
		for _, action := range strings.Split(text, "{{")[1:] {
			inside, _, _ := strings.Cut(action, "}}")
			for _, name := range placeholder.FindAllStringSubmatch(inside, -1) {
				found[name[1]] = true
			}
		}
	}
	delete(found, "Count") // a form for exactly one may leave it out
	return slices.Sorted(maps.Keys(found))
}

// formsOf lists the plural forms that a language has for numbers up to 1000.
func formsOf(tag language.Tag) []string {
	found := map[string]bool{}
	for n := range 1001 {
		found[pluralForms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestCatalogues(t *testing.T) {
	english := catalogue(t, "messages/en.yaml")
	files, err := fs.Glob(views.FS, "messages/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		lang := strings.TrimSuffix(filepath.Base(file), ".yaml")
		messages := catalogue(t, file)
		forms := formsOf(language.Make(lang))
		for _, key := range slices.Sorted(maps.Keys(english)) {
			want, got := english[key], messages[key]
			switch {
			case got.forms == nil:
				t.Errorf("%s lacks %s: %q", file, key, want.forms["other"])
				continue
			case got.plural != want.plural:
				t.Errorf("%s: %s has plural forms: %t, in English %t", file, key, got.plural, want.plural)
				continue
			case !slices.Equal(got.placeholders(), want.placeholders()):
				t.Errorf("%s: %s fills in %v, in English %v", file, key, got.placeholders(), want.placeholders())
			}
			for _, form := range forms {
				if got.plural && got.forms[form] == "" {
					t.Errorf("%s: %s lacks the plural form %s", file, key, form)
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(messages)) {
			if _, ok := english[key]; !ok {
				t.Errorf("%s: %s is not in en.yaml", file, key)
			}
		}
	}
}

var (
	// {{.T "key"}}, {{$.Frame.N "key" .Count}}, printer.T("key", …)
	templateKey = regexp.MustCompile(`\.(T|N) "([^"]+)"`)
	codeKey     = regexp.MustCompile(`\b(T|N)\("([^"]+)"[,)]`)
	problemKey  = regexp.MustCompile(`()"(problem\.[a-z0-9_.]*[a-z0-9_])"`)
)

// TestKeys finds messages that templates and Go code ask for and that are not
// there, or that are asked for as a plural and have none.
func TestKeys(t *testing.T) {
	english := catalogue(t, "messages/en.yaml")
	seen := map[string]bool{}
	check := func(file string, content string, pattern *regexp.Regexp) {
		for _, m := range pattern.FindAllStringSubmatch(content, -1) {
			asked, key := m[1], m[2]
			message, ok := english[key]
			if seen[file+asked+key] {
				continue
			}
			seen[file+asked+key] = true
			switch {
			case !ok:
				t.Errorf("%s: en.yaml lacks %s", file, key)
			case asked != "" && message.plural != (asked == "N"):
				t.Errorf("%s: %s is asked for with %s; it has plural forms: %t", file, key, asked, message.plural)
			}
		}
	}
	err := fs.WalkDir(views.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, "static/") || strings.HasPrefix(name, "messages/") {
			return err
		}
		content, err := views.FS.ReadFile(name)
		check("views/"+name, templateComment.ReplaceAllString(string(content), ""), templateKey)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"../internal", "../cmd"} {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			content, err := os.ReadFile(name)
			check(name, withoutComments(string(content)), codeKey)
			check(name, withoutComments(string(content)), problemKey)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var (
	lineComment     = regexp.MustCompile(`(?m)^\s*//.*$`)
	templateComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

func withoutComments(code string) string { return lineComment.ReplaceAllString(code, "") }

// TestFrenchSpaces keeps lines from breaking before marks that stand apart in French,
// and one kind of apostrophe.
func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	check := func(where, text string) {
		if bad := frenchSlip.FindString(text); bad != "" {
			t.Errorf("%s: %q wants a space that does not break (U+00A0), or an apostrophe like ’", where, bad)
		}
	}
	for key, m := range catalogue(t, "messages/fr.yaml") {
		for _, form := range m.forms {
			check(key, form)
		}
	}
	names, err := fs.Glob(views.FS, "letters/fr/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := views.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(name, string(content))
	}
}

var frenchSlip = regexp.MustCompile(`\S* [:;!?»]|« \S*|\pL+'\pL+`)
