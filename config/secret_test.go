package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"convene/config"

	"go.yaml.in/yaml/v3"
)

const hush = "hunter2-hunter2-hunter2-hunter2-hunter2"

// TestSecretsAreNeverShown prints, marshals and logs a Config full of secrets
// in every way there is.
func TestSecretsAreNeverShown(t *testing.T) {
	elsewhere(t, nil)
	c := mustLoad(t, config.LoadOptions{Flags: map[string]string{
		"secret": hush, "smtp.username": "desk", "smtp.password": hush,
		"database": "mongodb://me:" + hush + "@db.example.org/convene?tlsCertificateKeyFilePassword=" + hush + "&retryWrites=true",
	}})
	if c.Secret.Reveal() != hush || !strings.Contains(c.Database.Reveal(), hush) {
		t.Fatal("Reveal does not")
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%U", "%10.3s"} {
		for _, v := range []any{c, &c, c.Secret, c.SMTP.Password, c.Database, c.SMTP, []config.Secret{c.Secret}, c.Effective()} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	fmt.Fprintln(&out, c, c.Secret, c.Database)
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("start", "config", c, "pointer", &c, "secret", c.Secret, "database", c.Database, "smtp", c.SMTP)
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		text, err := marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	for _, leak := range []string{hush, fmt.Sprintf("%x", hush), fmt.Sprintf("%X", hush), "hunter2", "//me:"} {
		if i := strings.Index(out.String(), leak); i >= 0 {
			t.Errorf("%q is shown: …%s", leak, out.String()[max(0, i-80):i+len(leak)])
		}
	}
	if !strings.Contains(out.String(), "(hidden)@db.example.org/convene") || !strings.Contains(out.String(), "retryWrites=true") {
		t.Error("what is not secret is not shown")
	}
	if got := setting(t, c, "smtp.password"); got.Value != "(hidden, 39 characters)" || !got.Secret {
		t.Errorf("smtp.password is shown as %+v", got)
	}
	if got := setting(t, config.Default(), "secret").Value; got != "(not set)" {
		t.Errorf("an empty secret is shown as %q", got)
	}
}

// TestProblemsHoldNoSecrets makes mistakes around secrets.
func TestProblemsHoldNoSecrets(t *testing.T) {
	short := "hunter2"
	tests := []struct {
		name string
		from config.LoadOptions
		file string
	}{
		{name: "short", from: config.LoadOptions{Environ: []string{"CONVENE_SECRET=" + short}}},
		{name: "misspelt variable", from: config.LoadOptions{Environ: []string{"CONVENE_SECRETT=" + hush}}},
		{name: "both", from: config.LoadOptions{Environ: []string{"CONVENE_SECRET=" + hush, "CONVENE_SECRET_FILE=/x"}}},
		{name: "misspelt flag", from: config.LoadOptions{Flags: map[string]string{"smtp.pasword": hush}}},
		{name: "other database", from: config.LoadOptions{Flags: map[string]string{"database": "postgres://me:" + hush + "@db/x"}}},
		{name: "no scheme", from: config.LoadOptions{Flags: map[string]string{"database": "me:" + hush + "@db/x"}}},
		{name: "stray characters", from: config.LoadOptions{Flags: map[string]string{"database": "mongodb://me:" + hush + "/@%" + hush + "@"}}},
		{name: "base_url", from: config.LoadOptions{Flags: map[string]string{"base_url": "https://me:" + hush + "@c.example"}}},
		{name: "smtp.host", from: config.LoadOptions{Flags: map[string]string{"smtp.host": "smtp://me:" + hush + "@c.example:25"}}},
		{name: "misspelt key", file: "smtp:\n  pasword: " + hush},
		{name: "list", file: "smtp:\n  password: [" + hush + "]"},
		{name: "mapping", file: "smtp:\n  password: {" + hush + "}"},
		{name: "second time", file: "secret: " + hush + "\nsecret: " + hush},
		{name: "alias", file: "smtp:\n  password: *" + hush},
		{name: "tag", file: "smtp:\n  password: !" + hush},
		{name: "anchor", file: "smtp:\n  password: &" + hush},
		{name: "directive", file: "smtp:\n  password: %" + hush},
		{name: "quote", file: "smtp:\n  password: \"" + hush},
		{name: "escape", file: "smtp:\n  password: \"\\" + hush + "\""},
		{name: "colon", file: "smtp:\n  password: " + hush + ": x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			elsewhere(t, map[string]string{"convene.yaml": tt.file})
			_, err := config.Load(tt.from)
			if problems(t, err); strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
		})
	}
}
