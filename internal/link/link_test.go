package link_test

import (
	"regexp"
	"strings"
	"testing"

	"convene/internal/link"
)

func TestTokensDifferInEveryPart(t *testing.T) {
	t.Parallel()
	tokens := map[string]string{
		"first":          link.Token("secret", "manage", "d1", 1),
		"another secret": link.Token("Secret", "manage", "d1", 1),
		"another kind":   link.Token("secret", "verify", "d1", 1),
		"another id":     link.Token("secret", "manage", "d2", 1),
		"another serial": link.Token("secret", "manage", "d1", 2),
		"shifted parts":  link.Token("secret", "managed", "1", 1),
	}
	seen := map[string]string{}
	for name, token := range tokens {
		if len(token) != 22 { // 128 bits in base64url
			t.Errorf("%s: %q has %d signs; want 22", name, token, len(token))
		}
		if other, ok := seen[token]; ok {
			t.Errorf("%s and %s make the same token", name, other)
		}
		seen[token] = name
		if link.Hash(token) == token || len(link.Hash(token)) != 64 {
			t.Errorf("%s: hash %q", name, link.Hash(token))
		}
	}
	if again := link.Token("secret", "manage", "d1", 1); again != tokens["first"] {
		t.Error("the same parts make another token the second time")
	}
}

func TestCodesAreTypedWithoutMistakes(t *testing.T) {
	t.Parallel()
	code := link.Code("secret", "invitation", "i1", 1)
	if !regexp.MustCompile(`^[34679ACDEFGHJKMNPQRTVWXY]{4}(-[34679ACDEFGHJKMNPQRTVWXY]{4}){2}$`).MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	for name, other := range map[string]string{
		"secret": link.Code("Secret", "invitation", "i1", 1), "id": link.Code("secret", "invitation", "i2", 1),
		"serial": link.Code("secret", "invitation", "i1", 2),
	} {
		if other == code {
			t.Errorf("another %s makes the same code", name)
		}
	}
	hash := link.HashCode("secret", code)
	for _, typed := range []string{strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ") + "\t"} {
		if link.HashCode("secret", typed) != hash {
			t.Errorf("%q is not taken for %q", typed, code)
		}
	}
	if link.HashCode("Secret", code) == hash || link.HashCode("secret", code[:13]) == hash {
		t.Error("another secret, or another code, has the same hash")
	}
}
