//go:build unix

package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-mail/mail/v2"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/personal"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// realistic is as long as a confirmation with HTML.
var realistic = composerFunc(func(_ context.Context, l outbox.Letter, _ outbox.Purpose) (outbox.Message, error) {
	return outbox.Message{
		Subject: "Your registration",
		Text:    "Dear " + l.To.Name + "\n" + strings.Repeat("The conference opens at nine in the great hall.\n", 20),
		HTML:    "<p>Dear " + l.To.Name + "</p>" + strings.Repeat("<p>The conference opens at nine in the great hall.</p>\n", 40),
	}, nil
})

const benchConnections = 4

// cpuTime is what this process has used: on a shared machine it says more than
// the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func report(b *testing.B, begun time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
	b.ReportMetric(float64((cpuTime()-begun).Microseconds())/float64(b.N), "cpu-µs/letter")
}

func BenchmarkDeliver(b *testing.B) {
	engine, err := sqlite.Open(filepath.Join(b.TempDir(), "outbox.db"))
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(b.Context(), engine, append(outbox.Collections(), personal.Collections()...)...)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{Keep: 10})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	for first := 0; first < b.N; first += 500 {
		err := db.Update(b.Context(), func(tx *store.Tx) error {
			for i := first; i < min(first+500, b.N); i++ {
				l := outbox.Letter{ID: fmt.Sprint("l", i), Occasion: "bench", Event: "e", Person: fmt.Sprint("p", i),
					To: outbox.Address{Name: "Ana", Email: fmt.Sprintf("p%d@example.org", i)}, Language: "en"}
				if _, err := outbox.Queue(b.Context(), tx, time.Now(), l); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	sender, err := outbox.NewSender(outbox.SMTP{Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, From: outbox.Address{Email: "office@example.org"}})
	if err != nil {
		b.Fatal(err)
	}
	o := outbox.New(db, outbox.Options{Sender: sender, Composer: realistic, Connections: benchConnections, Log: slog.New(slog.DiscardHandler)})
	b.ResetTimer()
	begun := cpuTime()
	for sent := 0; sent < b.N; {
		counts, err := o.Deliver(b.Context())
		if err != nil || counts["sent"] == 0 {
			b.Fatal(counts, err)
		}
		sent += counts["sent"]
	}
	report(b, begun)
}

// BenchmarkBareLoop is go-mail alone, on as many connections.
func BenchmarkBareLoop(b *testing.B) {
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{Keep: 10})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	b.ResetTimer()
	begun := cpuTime()
	var wg sync.WaitGroup
	for c := range benchConnections {
		wg.Go(func() {
			d := &mail.Dialer{Host: "127.0.0.1", Port: server.Addr().Port, StartTLSPolicy: mail.NoStartTLS, Timeout: 10 * time.Second}
			conn, err := d.Dial()
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			for i := c; i < b.N; i += benchConnections {
				content, _ := realistic(b.Context(), outbox.Letter{To: outbox.Address{Name: "Ana"}}, outbox.ForSending)
				m := mail.NewMessage()
				m.SetHeader("From", "office@example.org")
				m.SetHeader("To", fmt.Sprintf("p%d@example.org", i))
				m.SetHeader("Subject", content.Subject)
				m.SetBody("text/plain", content.Text)
				m.AddAlternative("text/html", content.HTML)
				if err := mail.Send(conn, m); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	report(b, begun)
}
