package event

import (
	"encoding/hex"
	"math"
)

// The two inks of the style sheet.
const (
	whiteInk = "#ffffff"
	darkInk  = "#1c1a17"
)

// Ink is the colour of text on the event's own colour.
func (e Event) Ink() string { return InkOn(e.Accent) }

// InkOn is the colour of text on a colour: white where that has a contrast of 4.5
// (WCAG 2.2, 1.4.3), otherwise whichever of white and dark contrasts more.
func InkOn(colour string) string {
	white := contrast(colour, whiteInk)
	if white >= 4.5 || white >= contrast(colour, darkInk) {
		return whiteInk
	}
	return darkInk
}

// contrast is the contrast ratio of two colours like #0a6e5c, from 1 to 21.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of a colour; that of black for what is
// none.
func luminance(colour string) float64 {
	if len(colour) != 7 {
		return 0
	}
	rgb, err := hex.DecodeString(colour[1:])
	if err != nil {
		return 0
	}
	linear := func(channel byte) float64 {
		v := float64(channel) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(rgb[0]) + 0.7152*linear(rgb[1]) + 0.0722*linear(rgb[2])
}
