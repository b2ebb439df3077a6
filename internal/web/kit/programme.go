package kit

import "convene/internal/programme"

// SessionClass is the style sheet's class of sessions of the kind.
func SessionClass(k programme.Kind) string { return kindClasses[k] }

var kindClasses = map[programme.Kind]string{
	programme.Plenary: "plenary", programme.MayorsForum: "mayors", programme.ThematicForum: "thematic",
	programme.RegionalForum: "regional", programme.Ceremony: "ceremony", programme.Break: "break",
}
