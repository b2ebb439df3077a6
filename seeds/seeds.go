// Package seeds holds the real cities and events that an installation starts
// with, as YAML files, and reads them strictly: a file with a fault is refused
// with every fault's line, so that nothing half-read reaches the store.
//
// Facts carry the source they were taken from; the sentences are our own.
package seeds

import (
	"embed"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Files holds the seed files of this build.
//
//go:embed *.yaml cities/*.yaml events/*.yaml programme/*.yaml
var Files embed.FS

// Text is one text in several languages, by language tag. English is always
// there.
type Text map[string]string

func (t Text) check() []problem {
	var found []problem
	if _, ok := t["en"]; !ok {
		found = append(found, at("", "the English text (en) is missing"))
	}
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		if parsed, err := language.Parse(tag); err != nil || parsed.String() != tag {
			found = append(found, at(tag, "%q is not a language tag", tag))
		}
		if strings.TrimSpace(t[tag]) == "" {
			found = append(found, at(tag, "the text is blank"))
		}
	}
	return found
}

// words counts the words of the text in a language.
func (t Text) words(tag string) int { return len(strings.Fields(t[tag])) }

// Source is a document or page that facts were taken from.
type Source struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url,omitempty"` // of a web page
}

func (s Source) check() []problem {
	u, err := url.Parse(s.URL)
	if s.URL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return []problem{at("url", "%q is not a web address", s.URL)}
	}
	return nil
}

// Sources reads the sources by their ids from sources.yaml.
func Sources(fsys fs.FS) (map[string]Source, error) {
	return decode[map[string]Source](fsys, "sources.yaml")
}
