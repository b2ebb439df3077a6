package link_test

import (
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
