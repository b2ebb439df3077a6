package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"convene/internal/event"
)

// Colours is the sheet of the event's own colours, each with the ink that is readable
// on it: the accent, and those of its categories for what has the class of
// CategoryClass. version changes with them. Both are made of what event.Save has
// checked.
func Colours(e event.Event) (sheet, version string) {
	var b strings.Builder
	b.WriteString(":root { --accent: " + e.Accent + "; --accent-ink: " + e.Ink() + " }\n")
	own := false
	for _, c := range e.Registration.Categories {
		if c.Colour == "" {
			continue
		}
		own = true
		b.WriteString("." + CategoryClass(c.ID) + " { --band: " + c.Colour + "; --band-ink: " + event.InkOn(c.Colour) + " }\n")
	}
	sheet, version = b.String(), e.Accent
	if own {
		sum := sha256.Sum256([]byte(sheet))
		version = hex.EncodeToString(sum[:6])
	}
	return sheet, version
}

// CategoryClass is the class of what has the category's colour.
func CategoryClass(category string) string { return "category-" + category }
