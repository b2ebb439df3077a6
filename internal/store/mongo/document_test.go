package mongo

import (
	"testing"
	"unicode/utf8"
)

func TestSuccessor(t *testing.T) {
	for _, c := range []struct{ prefix, want string }{
		{"", ""},
		{"a", "b"},
		{"az", "a{"},
		{"a\x7f", "a\u0080"},
		{"é", "ê"},
		{"\uD7FF", "\uE000"}, // not a surrogate
		{"a\U0010FFFF", "b"},
		{"\U0010FFFF\U0010FFFF", ""},
	} {
		if got := successor(c.prefix); got != c.want || !utf8.ValidString(got) {
			t.Errorf("successor(%q) = %q, want %q", c.prefix, got, c.want)
		}
	}
}

func TestKeysAreEscapedAndBack(t *testing.T) {
	seen := map[string]string{}
	for _, key := range []string{
		"", "name", "_id", "_v", "_c", "__", "_", "$", "$set", "$$", "a$", ".", "a.b", "..", "~", "~~", "~0", "~1", "~2", "~3", "~4", "~5",
		"~05", "a~5", "\x00", "~\x00", "$~", "_~3", "é", "~é",
	} {
		kept := escapeKey(key)
		if got := unescapeKey(kept); got != key {
			t.Errorf("%q is kept as %q and comes back as %q", key, kept, got)
		}
		if other, taken := seen[kept]; taken {
			t.Errorf("%q and %q are both kept as %q", key, other, kept)
		}
		seen[kept] = key
	}
	if got := fieldPath("name.$family"); got != "name.~3family" {
		t.Errorf("fieldPath = %q", got)
	}
}

func TestDocumentsAreRefused(t *testing.T) {
	for _, body := range []string{``, `1`, `[]`, `null`, `{`, `{"a":}`, `{"a":1}{}`, `{"a":1,"a":2}`, `{"a":1e400}`, "{\"a\":\"\xff\"}", `{"a":[1,}`} {
		if _, err := toDocument("a", 1, []byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}
