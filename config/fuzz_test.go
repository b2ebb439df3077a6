package config_test

import (
	"os"
	"testing"

	"convene/config"
)

// FuzzFile looks for files that make Load panic.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{config.Example(), "---\n", "a: &a {b: *a}\nsmtp: *a\n", "? [x]\n: y\n", "<<: {addr: :1}\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		path := t.TempDir() + "/convene.yaml"
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.LoadOptions{File: path})
		if err == nil && (c.Addr == "" || len(c.Languages) == 0) {
			t.Errorf("loaded without an essential: %+v", c)
		}
	})
}
