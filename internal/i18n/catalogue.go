package i18n

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	yaml "go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/language"
)

// Catalogue holds the program's messages in every language it speaks. English
// is complete; another language falls back to it.
type Catalogue struct {
	printers map[string]*Printer
	tags     []language.Tag
	matcher  language.Matcher
}

// Load reads <dir>/<language>.yaml for each of the languages, whose first is
// the default.
func Load(fsys fs.FS, dir string, languages []string) (*Catalogue, error) {
	if len(languages) == 0 {
		return nil, fmt.Errorf("i18n: no language is configured")
	}
	load := languages
	if !slices.Contains(load, "en") {
		load = append([]string{"en"}, load...)
	}
	bundle, err := readAll(fsys, dir, load)
	if err != nil {
		return nil, err
	}
	c := &Catalogue{printers: map[string]*Printer{}}
	for _, lang := range languages {
		tag, err := language.Parse(lang)
		if err != nil {
			return nil, fmt.Errorf("i18n: %q is not a language tag: %w", lang, err)
		}
		c.tags = append(c.tags, tag)
		c.printers[lang] = newPrinter(bundle, lang)
	}
	c.matcher = language.NewMatcher(c.tags)
	return c, nil
}

// readAll reads the languages side by side, since a start waits for it.
func readAll(fsys fs.FS, dir string, languages []string) (*goi18n.Bundle, error) {
	files := make([]*goi18n.MessageFile, len(languages))
	var group errgroup.Group
	for i, lang := range languages {
		group.Go(func() (err error) {
			files[i], err = read(fsys, dir, lang)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	bundle := goi18n.NewBundle(language.English)
	for _, f := range files {
		if err := bundle.AddMessages(f.Tag, f.Messages...); err != nil {
			return nil, fmt.Errorf("i18n: %s: %w", f.Path, err)
		}
	}
	return bundle, nil
}

func read(fsys fs.FS, dir, lang string) (*goi18n.MessageFile, error) {
	name := path.Join(dir, lang+".yaml")
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("i18n: no messages in language %q: %w", lang, err)
	}
	f, err := goi18n.ParseMessageFileBytes(content, lang+".yaml", map[string]goi18n.UnmarshalFunc{"yaml": yaml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("i18n: %s: %w", name, err)
	}
	return f, nil
}

// Languages returns the tags of the languages, the default first.
func (c *Catalogue) Languages() []string {
	tags := make([]string, len(c.tags))
	for i, t := range c.tags {
		tags[i] = t.String()
	}
	return tags
}

// For returns the printer of the language, or of the default when the program
// does not speak it.
func (c *Catalogue) For(lang string) *Printer {
	if p, ok := c.printers[lang]; ok {
		return p
	}
	return c.printers[c.Match(lang)]
}

// Match returns the language that serves best whoever asks with these
// preferences: language tags, or an Accept-Language header's value.
func (c *Catalogue) Match(preferences ...string) string {
	var wanted []language.Tag
	for _, p := range preferences {
		tags, _, err := language.ParseAcceptLanguage(strings.TrimSpace(p))
		if err == nil {
			wanted = append(wanted, tags...)
		}
	}
	_, i, _ := c.matcher.Match(wanted...)
	return c.tags[i].String()
}

// Speaks reports whether the language is one of the catalogue's.
func (c *Catalogue) Speaks(lang string) bool {
	_, ok := c.printers[lang]
	return ok
}
