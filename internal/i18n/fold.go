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

// Tokens returns the folded words of a text.
func Tokens(s string) []string {
	return strings.FieldsFunc(Fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// unspaced scripts are written without spaces between words, or join a family
// and a given name without one.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// Words returns the folded words of a name by whose beginning it is found. In
// unspaced scripts every character may begin a word.
func Words(s string) []string {
	var words []string
	for _, token := range Tokens(s) {
		for i, r := range token {
			if i == 0 || unicode.In(r, unspaced...) {
				words = append(words, token[i:])
			}
		}
	}
	return words
}
