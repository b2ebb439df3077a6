package catcher_test

import (
	"net/smtp"
	"path/filepath"
	"testing"
	"time"

	"convene/internal/outbox/catcher"
)

func start(t *testing.T, o catcher.Options) *catcher.Catcher {
	t.Helper()
	c, err := catcher.Start("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c *catcher.Catcher, subject string) {
	t.Helper()
	body := []byte("Subject: " + subject + "\r\n\r\nHello\r\n")
	if err := smtp.SendMail(c.Addr().String(), nil, "a@example.org", []string{"b@example.org", "c@example.org"}, body); err != nil {
		t.Fatal(err)
	}
}

func subjects(t *testing.T, c *catcher.Catcher) string {
	t.Helper()
	list := ""
	for _, m := range c.Messages() {
		p, err := catcher.Parse(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if m.From != "a@example.org" || len(m.To) != 2 || m.To[1] != "c@example.org" || p.Text != "Hello\r\n" {
			t.Errorf("message: %+v, %+v", m, p)
		}
		if same, ok := c.Message(m.ID); !ok || !same.Received.Equal(m.Received) {
			t.Errorf("message %s is not found", m.ID)
		}
		list += p.Subject + " "
	}
	return list
}

func TestFolderKeepsMessagesAcrossRestarts(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mail")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Second); return now }
	c := start(t, catcher.Options{Folder: folder, Keep: 3, Clock: clock})
	for _, s := range []string{"one", "two", "three", "four"} {
		send(t, c, s)
	}
	if got := subjects(t, c); got != "two three four " {
		t.Errorf("kept %q", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = start(t, catcher.Options{Folder: folder, Keep: 3, Clock: clock})
	send(t, c, "five")
	if got := subjects(t, c); got != "three four five " {
		t.Errorf("after a restart: %q", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 3 {
		t.Errorf("files: %v, %v", files, err)
	}
}

func TestAuthenticationIsRequired(t *testing.T) {
	c := start(t, catcher.Options{User: "u", Password: "p"})
	defer c.Close()
	if err := smtp.SendMail(c.Addr().String(), nil, "a@example.org", []string{"b@example.org"}, []byte("\r\n")); err == nil {
		t.Error("mail was taken without signing in")
	}
	auth := smtp.PlainAuth("", "u", "p", "127.0.0.1")
	if err := smtp.SendMail(c.Addr().String(), auth, "a@example.org", []string{"b@example.org"}, []byte("Subject: x\r\n\r\n")); err != nil {
		t.Error(err)
	}
}

func TestParseRefusesNonsense(t *testing.T) {
	for _, raw := range []string{"", "no header", "Content-Type: ;;\r\n\r\nx"} {
		if p, err := catcher.Parse([]byte(raw)); err == nil {
			t.Errorf("%q: %+v", raw, p)
		}
	}
}

// A catcher that is closed as soon as it is started, before its server has begun to
// serve, ends like any other.
func TestClosedAtOnce(t *testing.T) {
	t.Parallel()
	for range 200 {
		c, err := catcher.Start("127.0.0.1:0", catcher.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
