// Package person holds what is the same for everybody who has a name and an
// address: delegates, speakers, staff.
package person

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// MaxEmail is the longest address, in bytes (RFC 5321, 4.5.3.1.3).
const MaxEmail = 254

// Email is an address as typed and the key by which it is the same address.
type Email struct {
	Text string // trimmed, as the person wrote it
	Key  string // lower case, with the domain in its ASCII form (RFC 5891)
}

// ParseEmail reads a bare address. It refuses display names, quoted local parts
// and domains without a dot, which on a registration form are slips.
func ParseEmail(s string) (Email, bool) {
	s = strings.TrimSpace(norm.NFC.String(s))
	address, err := mail.ParseAddress(s)
	if err != nil || address.Name != "" || address.Address != s || len(s) > MaxEmail {
		return Email{}, false
	}
	local, domain, _ := cutLast(s, "@")
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '"' }) {
		return Email{}, false
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") || len(local) > 64 {
		return Email{}, false
	}
	return Email{Text: s, Key: strings.ToLower(local) + "@" + strings.ToLower(ascii)}, true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
