package kit

import (
	"regexp"
	"strings"
)

// Piece is a part of a plain text. Link is empty in all but addresses.
type Piece struct{ Text, Link string }

// webAddress is one within a plain text. Marks at its end belong to the sentence.
var webAddress = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)\x{2069}]`)

// Linked takes a plain text apart at its addresses.
func Linked(text string) (pieces []Piece) {
	for at := webAddress.FindStringIndex(text); at != nil; at = webAddress.FindStringIndex(text) {
		link := text[at[0]:at[1]]
		pieces = append(pieces, Piece{Text: text[:at[0]]}, Piece{Text: link, Link: link})
		text = text[at[1]:]
	}
	return append(pieces, Piece{Text: text})
}

// Prose takes a plain text apart into its lines, without the empty ones. The
// partial "prose" shows it.
func Prose(text string) (lines [][]Piece) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, Linked(line))
		}
	}
	return lines
}
