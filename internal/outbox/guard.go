package outbox

import (
	"fmt"
	"strings"
)

// Guard is asked about each address before anything goes out to it. Its error
// becomes the letter's failure.
type Guard func(email string) error

// Reserved lets letters out only to addresses that cannot be a person's:
// example.org, example.com, example.net and what is below them, names under
// .test, and localhost. Demo and tests use it.
func Reserved(email string) error {
	domain := strings.ToLower(strings.TrimSuffix(email[strings.LastIndex(email, "@")+1:], "."))
	for _, reserved := range []string{"example.org", "example.com", "example.net", "test", "localhost"} {
		if domain == reserved || strings.HasSuffix(domain, "."+reserved) {
			return nil
		}
	}
	return fmt.Errorf("letters to %q are not let out here", domain)
}
