package desk_test

import (
	"log/slog"
	"net"
	"testing"

	"convene/internal/account"
	"convene/internal/outbox"
)

func TestAlarmWhileTheMailServerIsAway(t *testing.T) {
	h := open(t)
	h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	if n := b.open(letters).Find(".notice.bad").Length(); n != 0 {
		t.Error("an alarm though nothing went wrong")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: free.Addr().(*net.TCPAddr).Port, TLS: outbox.NoTLS, From: outbox.Address{Email: "office@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := outbox.New(h.app.DB, outbox.Options{Sender: sender, Composer: h.app.Composer, Clock: h.app.Clock, Log: slog.New(slog.DiscardHandler)})
	if _, err := o.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := b.open(letters)
	wantText(t, page, ".notice.bad", "No letters are going out.")
	wantText(t, page, ".notice.bad", "2 letters wait")
	wantText(t, page, ".notice.bad q", "refused")
}
