// Package i18n holds texts in several languages, chooses among languages, and
// reads the catalogues of the program's own messages.
package i18n

import (
	"maps"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/bidi"
)

// Text is one text in several languages, by BCP 47 tag.
type Text map[string]string

// English makes a text that only exists in English.
func English(s string) Text { return Text{"en": s} }

// In returns the text in the first language that has it, trying each language
// and its parents (zh-Hant, zh) in turn, then English, then whatever there is.
func (t Text) In(languages ...string) string {
	s, _ := t.Find(languages...)
	return s
}

// Find is In with the tag of the language that was found, for the lang attribute.
func (t Text) Find(languages ...string) (text, lang string) {
	for _, l := range append(languages, "en") {
		for tag := language.Make(l); tag != language.Und; tag = tag.Parent() {
			if s := t[tag.String()]; s != "" {
				return s, tag.String()
			}
		}
	}
	for _, l := range slices.Sorted(maps.Keys(t)) {
		if t[l] != "" {
			return t[l], l
		}
	}
	return "", ""
}

// Empty reports whether no language has the text.
func (t Text) Empty() bool {
	for _, s := range t {
		if s != "" {
			return false
		}
	}
	return true
}

// rightToLeft lists the scripts that are written from right to left, of those
// that x/text names for a language.
var rightToLeft = []string{"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg"}

// Direction returns "rtl" or "ltr", the dir attribute of a language.
func Direction(lang string) string {
	script, _ := language.Make(lang).Script()
	if slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// Isolate keeps a text that is written in the other direction, wholly or in part,
// from mixing with the sentence of the given direction around it. Where dir
// attributes are not to be had, as in subjects and plain text, invisible marks do
// that (FSI and PDI of UAX #9).
func Isolate(text, direction string) string {
	for _, r := range text {
		properties, _ := bidi.LookupRune(r)
		switch properties.Class() {
		case bidi.L:
			if direction == "ltr" {
				continue
			}
		case bidi.R, bidi.AL:
			if direction == "rtl" {
				continue
			}
		default:
			continue
		}
		return "\u2068" + text + "\u2069"
	}
	return text
}
