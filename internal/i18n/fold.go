package i18n

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// special letters that Unicode does not take apart into a base and a mark, and Arabic
// ones that people write for one another.
var special = strings.NewReplacer(
	"ø", "o", "đ", "d", "ð", "d", "ł", "l", "ħ", "h", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th", "ŋ", "n", "ə", "e",
	"ة", "ه", "ى", "ي", "ی", "ي", "ک", "ك", "ـ", "",
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

// joined returns in one the words that an apostrophe divides: O'Neill is looked for as
// oneill, too.
func joined(s string) []string {
	var words []string
	for word := range strings.FieldsSeq(s) {
		if strings.ContainsAny(word, "'’ʼʻ`") {
			words = append(words, Tokens(apostrophes.Replace(word))...)
		}
	}
	return words
}

var apostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "", "ʻ", "", "`", "")

// unspaced scripts are written without spaces between words, or join a family
// and a given name without one.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// The parts of a word that Parts returns: so many signs at least, and of a longer
// one so many at most.
const (
	ShortestPart = 3
	longestPart  = 40
)

// Parts returns, of each folded word of a name, the word and what remains of it from
// each sign on, so that it is found by the beginning of one of them: by any part
// of the name. What remains is as long as ShortestPart at least, but in unspaced
// scripts, where one sign may be a word.
func Parts(s string) []string {
	var parts []string
	for _, token := range append(Tokens(s), joined(s)...) {
		parts = append(parts, token)
		signs := []rune(token)
		for i := 1; i < len(signs); i++ {
			if len(signs)-i >= ShortestPart || unicode.In(signs[i], unspaced...) {
				parts = append(parts, string(signs[i:min(len(signs), i+longestPart)]))
			}
		}
	}
	return parts
}

// Words returns the folded words of a name by whose beginning it is found. In
// unspaced scripts every character may begin a word; what begins behind the first one
// is no longer than Parts returns, so that a long name does not fill an index.
func Words(s string) []string {
	var words []string
	for _, token := range append(Tokens(s), joined(s)...) {
		words = append(words, token)
		signs := []rune(token)
		for i := 1; i < len(signs); i++ {
			if unicode.In(signs[i], unspaced...) {
				words = append(words, string(signs[i:min(len(signs), i+longestPart)]))
			}
		}
	}
	return words
}
