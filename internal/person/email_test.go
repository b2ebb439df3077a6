package person_test

import (
	"strings"
	"testing"

	"convene/internal/person"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	for typed, key := range map[string]string{
		"amina@example.org":            "amina@example.org",
		"  Amina.Haddad@Example.ORG\t": "amina.haddad@example.org",
		"o'neill+iclc@example.org":     "o'neill+iclc@example.org",
		"li@bücher.example":            "li@xn--bcher-kva.example",
		"δοκιμή@example.org":           "δοκιμή@example.org",
	} {
		got, ok := person.ParseEmail(typed)
		if !ok || got.Key != key {
			t.Errorf("ParseEmail(%q) = %+v, %t; want the key %q", typed, got, ok, key)
		}
	}
	for _, typed := range []string{
		"", "amina", "amina@", "@example.org", "amina@localhost", "a b@example.org", `"a b"@example.org`,
		"Amina <amina@example.org>", "amina@example.org, li@example.org", "amina@example.org\nBcc: li@example.org",
		"amina@exa mple.org", "amina@-example.org", strings.Repeat("a", 65) + "@example.org",
		"a@" + strings.Repeat("example.", 40) + "org", "amina@example..org",
	} {
		if got, ok := person.ParseEmail(typed); ok {
			t.Errorf("ParseEmail(%q) = %+v; want it refused", typed, got)
		}
	}
}
