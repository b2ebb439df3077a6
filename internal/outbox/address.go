package outbox

import (
	"errors"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// errAddress does not hold the address: it may reach a log.
var errAddress = errors.New("this is no e-mail address")

// parseAddress returns the address as it goes over the wire: a name of one line,
// and a domain in ASCII. The part before the @ may be beyond ASCII (RFC 6531).
func parseAddress(a Address) (Address, error) {
	parsed, err := mail.ParseAddress("<" + a.Email + ">")
	if err != nil || parsed.Address != a.Email {
		return Address{}, errAddress
	}
	at := strings.LastIndex(a.Email, "@")
	local, domain := a.Email[:at], a.Email[at+1:]
	if !isASCII(domain) {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return Address{}, errAddress
		}
	}
	return Address{Name: oneLine(a.Name), Email: local + "@" + domain}, nil
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
