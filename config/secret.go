package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Secret is a text that must not be shown. Printing it with any verb, logging
// it, or marshalling it to text, JSON or YAML gives "(hidden)", or "(not set)"
// for the empty one. Only Reveal returns the text.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "(hidden)" or "(not set)".
func (s Secret) String() string {
	if s == "" {
		return "(not set)"
	}
	return "(hidden)"
}

// GoString returns the same as String.
func (s Secret) GoString() string { return s.String() }

// Format writes String whatever the verb. Without it, fmt would show the text
// when complaining about a verb such as %d that does not suit a string.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// describe is String with the length, which helps a person to see that a
// secret arrived whole.
func (s Secret) describe() string {
	if s == "" {
		return s.String()
	}
	return fmt.Sprintf("(hidden, %d characters)", utf8.RuneCountInString(string(s)))
}

// DatabaseURL says where the data is: file:PATH, mongodb://… or
// mongodb+srv://…. Shown in any way it has no user, password or other
// credential in it; only Reveal returns it whole.
type DatabaseURL string

// Reveal returns the URL with the credentials it may hold.
func (d DatabaseURL) Reveal() string { return string(d) }

// IsFile reports whether the data is in a file, not on a MongoDB server.
func (d DatabaseURL) IsFile() bool { return strings.HasPrefix(string(d), "file:") }

// String returns the URL without credentials.
func (d DatabaseURL) String() string {
	if d.IsFile() {
		return string(d)
	}
	return maskURL(string(d))
}

// GoString returns the same as String.
func (d DatabaseURL) GoString() string { return d.String() }

// Format writes String whatever the verb.
func (d DatabaseURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// MarshalText returns String.
func (d DatabaseURL) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue returns String.
func (d DatabaseURL) LogValue() slog.Value { return slog.StringValue(d.String()) }

// secretParameter matches the parameters of a MongoDB URL that hold
// credentials: certificate passwords, and properties such as session tokens.
var secretParameter = regexp.MustCompile(`(?i)([?&][^=&]*(?:password|properties|token|secret)[^=&]*=)[^&]*`)

// maskURL hides what may be a credential. It works on text rather than on a
// parsed URL, since a password with a stray character makes parsing fail and
// must be hidden all the same; for the same reason all up to the last @ goes.
func maskURL(text string) string {
	scheme, rest := "", text
	if before, after, ok := strings.Cut(text, "://"); ok {
		scheme, rest = before+"://", after
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = "(hidden)" + rest[at:]
	}
	return scheme + secretParameter.ReplaceAllString(rest, "${1}(hidden)")
}
