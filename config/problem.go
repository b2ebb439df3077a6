package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with the configuration, worded for the person
// who wrote it. It never holds a secret.
type Problem struct {
	Where string // file:line, variable or flag; a bare key when it is given nowhere
	What  string // what is wrong there
	Fix   string // what to do about it
}

// String returns the problem on one line.
func (p Problem) String() string {
	return p.Where + ": " + p.What + "; " + p.Fix
}

// Error is everything wrong with the configuration, at least one Problem.
type Error struct {
	Problems []Problem
}

// Error returns a heading and two lines for each problem.
func (e *Error) Error() string {
	var b strings.Builder
	if len(e.Problems) == 1 {
		b.WriteString("1 problem in the configuration:")
	} else {
		fmt.Fprintf(&b, "%d problems in the configuration:", len(e.Problems))
	}
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s: %s\n      %s", p.Where, p.What, p.Fix)
	}
	return b.String()
}

// asError returns nil, not a typed nil, when there are no problems.
func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}

// fault says what is wrong with a value and how to mend it, without saying
// where it stands. What continues a sentence that begins with the key.
type fault struct {
	what, fix string
}

func (f *fault) Error() string { return f.what + "; " + f.fix }

func faultf(fix, what string, args ...any) *fault {
	return &fault{what: fmt.Sprintf(what, args...), fix: fix}
}

// nearest returns the candidate that a person most likely meant by word, or
// "" when none is close.
func nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, least := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := editDistance(word, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// editDistance counts the typing slips that turn a into b: bytes inserted,
// left out, replaced, or swapped with their neighbour.
func editDistance(a, b string) int {
	// d[i][j] is the distance from a[:i] to b[:j].
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			d[i][j] = min(replace, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
