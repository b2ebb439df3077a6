package config_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/config"
)

var update = flag.Bool("update", false, "write convene.yaml anew from the table of options")

// elsewhere moves the test to a folder of its own, where no usual file is.
func elsewhere(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func mustLoad(t *testing.T, from config.LoadOptions) config.Config {
	t.Helper()
	c, err := config.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func problems(t *testing.T, err error) []config.Problem {
	t.Helper()
	e, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("error is %v, want a *config.Error", err)
	}
	return e.Problems
}

func setting(t *testing.T, c config.Config, key string) config.Setting {
	t.Helper()
	all := c.Effective()
	i := slices.IndexFunc(all, func(s config.Setting) bool { return s.Key == key })
	if i < 0 {
		t.Fatalf("no setting %s", key)
	}
	return all[i]
}

func TestExampleFile(t *testing.T) {
	if *update {
		if err := os.WriteFile("convene.yaml", []byte(config.Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile("convene.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(content) != config.Example() {
		t.Error("convene.yaml is not what the table of options says; run: go test ./config -run ExampleFile -update")
	}
	c := mustLoad(t, config.LoadOptions{File: "convene.yaml"})
	defaults := config.Default()
	for i, s := range c.Effective() {
		d := defaults.Effective()[i]
		if s.Value != d.Value {
			t.Errorf("%s is %q in convene.yaml, and %q by default", s.Key, s.Value, d.Value)
		}
		if s.Key != "base_url" && !strings.HasPrefix(s.Source, "convene.yaml:") {
			t.Errorf("%s comes from %q, so it is missing in convene.yaml", s.Key, s.Source)
		}
	}
}

func TestOptions(t *testing.T) {
	seen := map[string]string{}
	shown := config.Default().Effective()
	for i, o := range config.Options() {
		for _, name := range []string{o.Env, o.Env + "_FILE"} {
			if other := seen[name]; other != "" {
				t.Errorf("%s and %s share the variable %s", o.Key, other, name)
			}
			seen[name] = o.Key
		}
		if o.Doc == "" || o.Type == "" || !strings.HasSuffix(o.Doc, ".") {
			t.Errorf("%s is not documented in sentences", o.Key)
		}
		if o.Secret && o.Default != "" {
			t.Errorf("%s is secret and has a default", o.Key)
		}
		if got := shown[i].Value; got != o.Default && !o.Secret && o.Key != "base_url" {
			t.Errorf("%s is shown as %q and documented as %q", o.Key, got, o.Default)
		}
	}
}

// TestEveryFieldHasAnOption gives each option a value of its own and looks
// for fields still at their default, so that no field is bound to the wrong
// option and none is forgotten.
func TestEveryFieldHasAnOption(t *testing.T) {
	elsewhere(t, nil)
	flags := map[string]string{
		"database": "mongodb://a:1,b:2/c", "addr": ":1", "base_url": "https://c.example", "secret": strings.Repeat("s", 32),
		"shutdown_timeout": "1s", "network.name": "N", "network.short": "S", "languages": "pt_BR", "proxy.trusted": "::1",
		"log.level": "warn", "log.format": "text", "smtp.host": "h", "smtp.port": "25", "smtp.username": "u",
		"smtp.password": "p", "smtp.tls": "none", "smtp.from": "a@b", "smtp.reply_to": "C <c@d>",
		"mail.rate_per_minute": "1", "mail.rate_per_domain": "4", "mail.connections": "2", "mail.attempts": "3", "mail.every": "1m", "mail.attachments": "2MiB",
		"mail.bounce_address": "b@c", "mail.bounces_mbox": "m", "mail.bounces_token": strings.Repeat("t", 32),
		"session.lifetime": "1h", "session.focal_lifetime": "2h", "session.focal_link": "3m", "limits.sign_in_per_address": "1/1s", "limits.sign_in_per_email": "2/1s",
		"limits.register_per_address": "3/1s", "limits.register_per_email": "4/1s", "limits.draft_per_address": "7/1s", "limits.code_per_address": "8/1s", "limits.link_per_address": "5/1s",
		"limits.link_per_email": "6/1s", "limits.check_per_address": "9/1s", "http.body_limit": "1MiB", "http.read_timeout": "1s", "http.upload_timeout": "3s",
		"http.write_timeout": "10s", "http.request_timeout": "2s", "jobs.enabled": "false", "jobs.lease": "5s",
	}
	c := mustLoad(t, config.LoadOptions{Flags: flags})
	d := config.Default()
	differ(t, "Config", reflect.ValueOf(c), reflect.ValueOf(d))
	for _, o := range config.Options() {
		if _, ok := flags[o.Key]; !ok {
			t.Errorf("this test gives %s no value", o.Key)
		}
	}
	if c.Limits.LinkPerEmail != (config.Rate{Count: 6, Per: time.Second}) || c.HTTP.BodyLimit != 1<<20 ||
		c.Languages[0] != "pt-BR" || c.SMTP.ReplyTo.Name != "C" || c.Proxy.Trusted[0].Bits() != 128 {
		t.Errorf("values arrived wrongly: %+v", c)
	}
}

func differ(t *testing.T, name string, got, by reflect.Value) {
	for i := range got.NumField() {
		f := got.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		path := name + "." + f.Name
		if f.Type.Kind() == reflect.Struct && strings.HasSuffix(f.Type.PkgPath(), "convene/config") && f.Type.Name() != "Rate" {
			differ(t, path, got.Field(i), by.Field(i))
		} else if reflect.DeepEqual(got.Field(i).Interface(), by.Field(i).Interface()) {
			t.Errorf("no option sets %s", path)
		}
	}
}

func TestPrecedence(t *testing.T) {
	tests := []struct {
		name       string
		file       string
		env        []string
		flags      map[string]string
		want, from string
	}{
		{name: "default", want: "587", from: "default"},
		{name: "file", file: "smtp:\n  port: 1\n", want: "1", from: "convene.yaml:2"},
		{name: "dotted key", file: "smtp.port: 1\n", want: "1", from: "convene.yaml:1"},
		{name: "null in file", file: "smtp:\n  port:\n", want: "587", from: "default"},
		{name: "null section", file: "smtp:\n", want: "587", from: "default"},
		{name: "variable over file", file: "smtp: {port: 1}", env: []string{"CONVENE_SMTP_PORT=2"}, want: "2", from: "CONVENE_SMTP_PORT"},
		{name: "empty variable", file: "smtp: {port: 1}", env: []string{"CONVENE_SMTP_PORT="}, want: "1", from: "convene.yaml:1"},
		{name: "file of variable", env: []string{"CONVENE_SMTP_PORT=", "CONVENE_SMTP_PORT_FILE=port.txt"}, want: "3", from: "CONVENE_SMTP_PORT_FILE"},
		{name: "flag over all", file: "smtp: {port: 1}", env: []string{"CONVENE_SMTP_PORT=2"},
			flags: map[string]string{"smtp.port": "4"}, want: "4", from: "flag smtp.port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			elsewhere(t, map[string]string{"convene.yaml": tt.file, "port.txt": " 3\n"})
			c := mustLoad(t, config.LoadOptions{Environ: tt.env, Flags: tt.flags})
			if got := setting(t, c, "smtp.port"); got.Value != tt.want || got.Source != tt.from {
				t.Errorf("smtp.port is %s from %s, want %s from %s", got.Value, got.Source, tt.want, tt.from)
			}
		})
	}
}

func TestUsualFiles(t *testing.T) {
	here, below := "addr: :1", "addr: :2"
	tests := []struct {
		name  string
		files map[string]string
		named string
		want  string
	}{
		{"none", nil, "", "127.0.0.1:8080"},
		{"below", map[string]string{"config/convene.yaml": below}, "", ":2"},
		{"both", map[string]string{"convene.yaml": here, "config/convene.yaml": below}, "", ":1"},
		{"named", map[string]string{"convene.yaml": here, "other.yaml": "addr: :3"}, "other.yaml", ":3"},
		{"empty", map[string]string{"convene.yaml": here}, os.DevNull, "127.0.0.1:8080"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			elsewhere(t, tt.files)
			if got := mustLoad(t, config.LoadOptions{File: tt.named}).Addr; got != tt.want {
				t.Errorf("addr is %s, want %s", got, tt.want)
			}
		})
	}
	elsewhere(t, nil)
	_, err := config.Load(config.LoadOptions{File: "missing.yaml"})
	if p := problems(t, err); p[0].Where != "missing.yaml" {
		t.Errorf("a missing file that was named gives %v", p)
	}
}

func TestBaseURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", ":80": "http://localhost:80",
		"0.0.0.0:1": "http://localhost:1", "[::]:1": "http://localhost:1", "[::1]:1": "http://[::1]:1",
	} {
		elsewhere(t, nil)
		if got := mustLoad(t, config.LoadOptions{Flags: map[string]string{"addr": addr}}).BaseURL; got != want {
			t.Errorf("addr %s gives base_url %s, want %s", addr, got, want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	elsewhere(t, map[string]string{
		"convene.yaml": `databse: file:x.db
stmp:
  host: mail.example.org
smtp:
  hots: mail.example.org
  port: many
  tls: [starttls]
mail: 5
log:
  level: {a: b}
  level: loud
  format: xml
proxy:
  trusted: [10.0.0.1/8, gateway]
session:
  lifetime: 12
`,
		"empty": "\n",
	})
	_, err := config.Load(config.LoadOptions{
		Environ: []string{
			"CONVENE_DATABSE=file:x.db", "CONVENE_SMPT_PASSWORD_FILE=x", "CONVENE_SECRET=short", "HOME=/",
			"CONVENE_MAIL_EVERY=5s", "CONVENE_MAIL_EVERY_FILE=every", "CONVENE_ADDR_FILE=missing", "CONVENE_LANGUAGES_FILE=empty",
			"CONVENE_SERVICE_HOST=10.0.0.1", "CONVENE_PORT=tcp://10.0.0.1:80", "CONVENE_PORT_80_TCP_ADDR=10.0.0.1",
			"CONVENE_TEST_MONGODB=mongodb://localhost",
		},
		Flags: map[string]string{"http.body_limit": "4 parsecs", "porrt": "1", "http.request_timeout": "2m"},
	})
	want := []struct{ where, what, fix string }{
		{"convene.yaml:1", `unknown key "databse"`, "did you mean database?"},
		{"convene.yaml:2", `unknown key "stmp"`, "did you mean smtp?"},
		{"convene.yaml:5", `unknown key "smtp.hots"`, "did you mean smtp.host?"},
		{"convene.yaml:6", `smtp.port is "many"`, "1 to 65535"},
		{"convene.yaml:7", "smtp.tls is a list", "starttls, implicit or none"},
		{"convene.yaml:8", "mail is a section", "rate_per_minute"},
		{"convene.yaml:10", "log.level is a section", "debug"},
		{"convene.yaml:11", `log.level is "loud"`, "debug, info"},
		{"convene.yaml:12", `log.format is "xml"`, "text"},
		{"convene.yaml:14", `proxy.trusted has "10.0.0.1/8"`, "did you mean 10.0.0.0/8?"},
		{"convene.yaml:16", `session.lifetime is "12", without a unit`, "12s"},
		{"CONVENE_ADDR_FILE", "the file missing cannot be read", "may read"},
		{"CONVENE_SECRET", "secret has 5 characters", "openssl"},
		{"CONVENE_LANGUAGES_FILE", "the file empty is empty", "write the value"},
		{"CONVENE_MAIL_EVERY", "both given", "remove one"},
		{"CONVENE_DATABSE", "unknown variable", "did you mean CONVENE_DATABASE?"},
		{"CONVENE_SMPT_PASSWORD_FILE", "unknown variable", "did you mean CONVENE_SMTP_PASSWORD_FILE?"},
		{"flag http.body_limit", `http.body_limit is "4 parsecs"`, "4MiB"},
		{"flag porrt", "unknown key", "`convene config`"},
		{"flag http.request_timeout", "http.request_timeout (2m) is not shorter", "shorten"},
	}
	got := problems(t, err)
	for _, w := range want {
		if !slices.ContainsFunc(got, func(p config.Problem) bool {
			return p.Where == w.where && strings.Contains(p.What, w.what) && strings.Contains(p.Fix, w.fix)
		}) {
			t.Errorf("not reported: %s: %s (%s)", w.where, w.what, w.fix)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d problems reported, want %d", len(got), len(want))
	}
	if t.Failed() {
		t.Log(err)
	}
	if strings.Contains(err.Error(), "short;") || !strings.HasPrefix(err.Error(), "20 problems") {
		t.Errorf("Error() is %s", err)
	}
}

func TestValuesThatAreWrong(t *testing.T) {
	tests := []struct{ key, text, what, fix string }{
		{"database", "", `is ""`, "file:PATH"},
		{"database", "convene.db", "without file:", "did you mean file:convene.db?"},
		{"database", "file:", "without a path", "file:convene.db"},
		{"database", "file:?mode=rw", "without a path", "file:convene.db"},
		{"database", "postgres://localhost/x", `is "postgres://localhost/x"`, "mongodb://"},
		{"database", "mongodb://", "without a host", "mongodb://HOST"},
		{"database", "mongodb:localhost", "without a host", "mongodb://HOST"},
		{"addr", "8080", `is "8080"`, "HOST:PORT"},
		{"addr", "localhost:http", "localhost:http", "HOST:PORT"},
		{"addr", ":65536", ":65536", "HOST:PORT"},
		{"base_url", "conference.example.org", "not an http or https URL", "https://"},
		{"base_url", "https://c.example/", "more than scheme and host", "https://c.example"},
		{"base_url", "https://c.example/x?y", "more than scheme and host", "https://c.example"},
		{"base_url", "ftp://c.example", "not an http", "https://"},
		{"languages", "", "is empty", "at least one"},
		{"languages", "en,xx-!", `has "xx-!"`, "pt-BR"},
		{"languages", "en,EN", "en in it twice", "once"},
		{"network.name", " ", "is empty", "leave"},
		{"proxy.trusted", "proxy.local", "proxy.local", "IP addresses"},
		{"log.level", "inof", "inof", "did you mean info?"},
		{"smtp.host", "smtp://mail", "smtp://mail", "bare host name"},
		{"smtp.host", "mail:25", "mail:25", "smtp.port"},
		{"smtp.port", "0", `"0"`, "1 to 65535"},
		{"smtp.port", "587.0", "587.0", "whole number"},
		{"smtp.tls", "start-tls", "start-tls", "did you mean starttls?"},
		{"smtp.from", "Desk", "not one e-mail address", "Conference desk <"},
		{"smtp.from", "a@b.org, c@d.org", "not one e-mail address", "Conference desk <"},
		{"mail.every", "1ms", "1ms", "from 1s to 1h"},
		{"mail.every", "soon", "soon", "500ms"},
		{"mail.bounce_address", "Desk <desk@example.org>", "Desk", "alone"},
		{"mail.bounce_address", "bounces", "bounces", "bounces@example.org"},
		{"mail.bounces_token", "short", "5 characters", "openssl"},
		{"jobs.enabled", "yes", "yes", "true or false"},
		{"limits.link_per_email", "10", `"10"`, "10/15m"},
		{"limits.link_per_email", "0/15m", "not 1 or more", "10/15m"},
		{"limits.link_per_email", "10/15", "duration", "10/15m"},
		{"http.body_limit", "4", `"4"`, "64KiB to 1GiB"},
		{"http.body_limit", "99999999999GiB", "GiB", "64KiB to 1GiB"},
		{"http.body_limit", "-4MiB", "-4MiB", "64KiB"},
		{"secret", strings.Repeat("é", 31), "has 31 characters", "openssl"},
		{"smtp.username", "u", "without smtp.password", "CONVENE_SMTP_PASSWORD_FILE"},
		{"smtp.password", "p", "without smtp.username", "CONVENE_SMTP_USERNAME"},
		{"http.write_timeout", "20s", "not shorter", "lengthen"},
	}
	elsewhere(t, nil)
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.text, func(t *testing.T) {
			_, err := config.Load(config.LoadOptions{Flags: map[string]string{tt.key: tt.text}})
			p := problems(t, err)
			if len(p) != 1 || p[0].Where != "flag "+tt.key || !strings.Contains(p[0].What, tt.what) || !strings.Contains(p[0].Fix, tt.fix) {
				t.Errorf("got %v, want %s (%s)", p, tt.what, tt.fix)
			}
		})
	}
}

func TestValuesThatAreRight(t *testing.T) {
	tests := []struct{ key, text, shown string }{
		{"database", "file:/var/lib/convene/convene.db?cache=shared", "file:/var/lib/convene/convene.db?cache=shared"},
		{"database", "mongodb+srv://u:p@cluster.example/db", "mongodb+srv://(hidden)@cluster.example/db"},
		{"database", "mongodb://a:1,b:2,[::1]:3/db?replicaSet=rs0", "mongodb://a:1,b:2,[::1]:3/db?replicaSet=rs0"},
		{"base_url", "http://[::1]:8080", "http://[::1]:8080"},
		{"languages", " fr,, zh-hans ,ar", "fr, zh-Hans, ar"},
		{"proxy.trusted", "10.0.0.0/8, 192.0.2.1,::1", "10.0.0.0/8, 192.0.2.1, ::1"},
		{"smtp.from", "José Núñez <jose@example.org>", `"José Núñez" <jose@example.org>`},
		{"smtp.from", `"Desk, ICLC" <desk@example.org>`, `"Desk, ICLC" <desk@example.org>`},
		{"smtp.from", "desk@example.org", "desk@example.org"},
		{"smtp.host", "2001:db8::1", "2001:db8::1"},
		{"session.lifetime", "90m", "1h30m"},
		{"session.lifetime", "720h", "720h"},
		{"limits.link_per_email", "10 / 60s", "10/1m"},
		{"http.body_limit", "4 mb", "4MB"},
		{"http.body_limit", "4194304", "4MiB"},
		{"http.body_limit", "65537", "65537B"},
		{"secret", strings.Repeat("x", 44), "(hidden, 44 characters)"},
	}
	elsewhere(t, nil)
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.text, func(t *testing.T) {
			flags := map[string]string{tt.key: tt.text}
			s := setting(t, mustLoad(t, config.LoadOptions{Flags: flags}), tt.key)
			if s.Value != tt.shown {
				t.Errorf("shown as %q, want %q", s.Value, tt.shown)
			}
			if s.Secret || strings.Contains(s.Value, "(hidden)") {
				return
			}
			again := mustLoad(t, config.LoadOptions{Flags: map[string]string{tt.key: s.Value}})
			if got := setting(t, again, tt.key).Value; got != s.Value {
				t.Errorf("what is shown, given again, becomes %q", got)
			}
		})
	}
}

func TestYAML(t *testing.T) {
	tests := []struct {
		name, file         string
		where, what, value string // a problem, or else the value of network.short
	}{
		{name: "text as written", file: "network: {short: no}", value: "no"},
		{name: "digits as written", file: "network: {short: 0o17}", value: "0o17"},
		{name: "comments only", file: "# nothing\n", value: "GNLC"},
		{name: "section in parts", file: "network: {short: A}\nnetwork:\n  name: B\n", value: "A"},
		{name: "alias", file: "network:\n  name: &n Net\n  short: *n\n", value: "Net"},
		{name: "twice", file: "addr: :1\naddr: :2\n", where: "convene.yaml:2", what: "second time"},
		{name: "twice, once dotted", file: "smtp:\n  port: 1\nsmtp.port: 2\n", where: "convene.yaml:3", what: "second time"},
		{name: "not a mapping", file: "- a\n", where: "convene.yaml:1", what: "does not hold settings"},
		{name: "two documents", file: "addr: :1\n---\naddr: :2\n", where: "convene.yaml:2", what: "second document"},
		{name: "tab", file: "smtp:\n\tport: 1\n", where: "convene.yaml:2", what: "not YAML"},
		{name: "broken", file: "addr: :1\nsmtp: {\n", where: "convene.yaml:2", what: "not YAML"},
		{name: "lists of lists", file: "languages:\n  - en\n  - [fr]\n", where: "convene.yaml:3", what: "single values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			elsewhere(t, map[string]string{"convene.yaml": tt.file})
			c, err := config.Load(config.LoadOptions{})
			if tt.what == "" {
				if err != nil || c.Network.Short != tt.value {
					t.Errorf("network.short is %q (%v), want %q", c.Network.Short, err, tt.value)
				}
				return
			}
			if p := problems(t, err); len(p) != 1 || p[0].Where != tt.where || !strings.Contains(p[0].What, tt.what) {
				t.Errorf("got %v, want %s: %s", p, tt.where, tt.what)
			}
		})
	}
}

// serving is a configuration that serve accepts without a warning.
var serving = map[string]string{
	"secret": "0123456789abcdef0123456789abcdef", "smtp.host": "mail.example.org",
	"smtp.from": "Desk <desk@example.org>", "base_url": "https://c.example.org", "addr": ":8080",
}

func with(base, changes map[string]string) map[string]string {
	all := maps.Clone(base)
	for k, v := range changes {
		if all[k] = v; v == "" {
			delete(all, k)
		}
	}
	return all
}

func TestCheckServe(t *testing.T) {
	elsewhere(t, nil)
	if err := mustLoad(t, config.LoadOptions{Flags: serving}).CheckServe(); err != nil {
		t.Error(err)
	}
	p := problems(t, mustLoad(t, config.LoadOptions{Flags: map[string]string{"addr": ":8080"}}).CheckServe())
	var got []string
	for _, one := range p {
		got = append(got, one.Where)
	}
	if want := []string{"secret", "smtp.host", "smtp.from", "base_url"}; !slices.Equal(got, want) {
		t.Errorf("missing are %v, want %v", got, want)
	}
	local := with(serving, map[string]string{"addr": "", "base_url": ""})
	if err := mustLoad(t, config.LoadOptions{Flags: local}).CheckServe(); err != nil {
		t.Errorf("on loopback base_url may be left out, got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	elsewhere(t, nil)
	tests := []struct {
		name    string
		changes map[string]string
		want    string // the place of the one warning
	}{
		{name: "none"},
		{"http", map[string]string{"base_url": "http://c.example.org"}, "flag base_url"},
		{"http here", map[string]string{"base_url": "http://localhost:8080"}, ""},
		{"trusts all", map[string]string{"proxy.trusted": "0.0.0.0/0"}, "flag proxy.trusted"},
		{"clear mail", map[string]string{"smtp.tls": "none"}, "flag smtp.tls"},
		{"catcher here", map[string]string{"smtp.tls": "none", "smtp.host": "::1"}, ""},
		{"catcher in a container", map[string]string{"smtp.tls": "none", "smtp.host": "mailpit"}, ""},
		{"starttls on 465", map[string]string{"smtp.port": "465"}, "flag smtp.port"},
		{"implicit on 587", map[string]string{"smtp.tls": "implicit"}, "smtp.port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustLoad(t, config.LoadOptions{Flags: with(serving, tt.changes)}).Warnings()
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || got[0].Where != tt.want) {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}
