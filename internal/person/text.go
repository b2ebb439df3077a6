package person

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Tidy composes characters (NFC), removes what cannot be seen (control characters
// but line ends, marks that turn the direction of what follows, signs without
// width), and folds the white space around and within lines. The joiners stay:
// Persian and the scripts of India are misspelt without them.
func Tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner {
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD")))
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)
