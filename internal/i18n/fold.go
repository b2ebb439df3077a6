package i18n

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// special letters that Unicode does not take apart into a base and a mark.
var special = strings.NewReplacer(
	"ø", "o", "đ", "d", "ð", "d", "ł", "l", "ħ", "h", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th", "ŋ", "n", "ə", "e",
)

// Fold turns a name into the form by which it is sorted and found: lower case,
// without accents, with single spaces. Scripts without case or accents keep
// their letters.
func Fold(s string) string {
	// A transformer keeps state, so each call makes its own.
	t := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFKC)
	folded, _, err := transform.String(t, s)
	if err != nil {
		folded = strings.ToLower(s)
	}
	return strings.Join(strings.Fields(special.Replace(folded)), " ")
}

// Words returns the folded words of a name by which a search may begin. In
// scripts that write without spaces every character may begin a word.
func Words(s string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		words = append(words, w)
		for i, r := range w {
			if i > 0 && unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
				words = append(words, w[i:])
			}
		}
	}
	return words
}
