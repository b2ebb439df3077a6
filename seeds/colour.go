package seeds

import (
	"math"
	"regexp"
	"strconv"
)

// leastContrast is what WCAG 2.2 asks of text of normal size at level AA.
const leastContrast = 4.5

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// checkAccent demands a colour on which white text can be read.
func checkAccent(key, colour string) []problem {
	if !colourForm.MatchString(colour) {
		return []problem{at(key, "%q is no colour like #1b5e9b", colour)}
	}
	if got := contrastWithWhite(colour); got < leastContrast {
		return []problem{at(key, "%s has a contrast of %.1f with white; it should be at least %.1f", colour, got, leastContrast)}
	}
	return nil
}

// contrastWithWhite is the contrast ratio of WCAG 2.2, from 1 to 21. The colour
// must have the form #rrggbb.
func contrastWithWhite(colour string) float64 {
	luminance := 0.2126*linear(colour[1:3]) + 0.7152*linear(colour[3:5]) + 0.0722*linear(colour[5:7])
	return 1.05 / (luminance + 0.05)
}

// linear turns one sRGB channel, two hexadecimal digits, into linear light.
func linear(hex string) float64 {
	n, _ := strconv.ParseUint(hex, 16, 8)
	c := float64(n) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
