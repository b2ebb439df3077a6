package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-mail/mail/v2"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/personal"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// How the mail bench works.
const (
	mailLetters     = 10_000
	mailConnections = 4
	mailInOneCommit = 400 // letters, as rules and messages queue them
)

// benchMail sends letters through the outbox to a mail server on this machine
// ("mail"). The floor is a bare loop of the library that builds the messages,
// over as many connections. Then it measures how long as many letters take to be
// queued as there are delegates ("mail-queue").
func benchMail(ctx context.Context, s settings, report func(result)) error {
	s = s.withDefaults(mailConnections, 0, 3)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	n := min(mailLetters, s.delegates)
	var sent, floor sample
	for round := range s.rounds {
		s.say("sending %d letters, round %d of %d …", n, round+1, s.rounds)
		if err := s.mailRound(ctx, filepath.Join(folder, fmt.Sprintf("mail-%d.db", round)), n, &sent, &floor); err != nil {
			return err
		}
	}
	r := result{Bench: "mail", Letters: n, Clients: s.clients, PerSecond: sent.perSecond(), FloorPerSecond: floor.perSecond()}
	r.Ratio = r.PerSecond / r.FloorPerSecond
	report(r)
	took, err := queueLetters(ctx, filepath.Join(folder, "queue.db"), s.delegates)
	if err != nil {
		return err
	}
	report(result{Bench: "mail-queue", Letters: s.delegates, Seconds: took.Seconds(), PerSecond: float64(s.delegates) / took.Seconds()})
	return nil
}

// mailRound sends n letters bare and n through the outbox, to a server in a
// process of its own.
func (s settings) mailRound(ctx context.Context, path string, n int, sent, floor *sample) (err error) {
	server, err := start(ctx, order{Kind: serveMail})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	host, port, err := splitAddr(server.addr)
	if err != nil {
		return err
	}
	if err := s.sendBare(host, port, n, floor); err != nil {
		return err
	}
	return s.sendLetters(ctx, path, host, port, n, sent)
}

func splitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

// benchMessage is as long as a confirmation.
func benchMessage(name string) outbox.Message {
	return outbox.Message{
		Subject: "Your registration",
		Text:    "Dear " + name + "\n" + strings.Repeat("The conference opens at nine in the great hall.\n", 20),
		HTML:    "<p>Dear " + name + "</p>" + strings.Repeat("<p>The conference opens at nine in the great hall.</p>\n", 40),
	}
}

// benchComposer writes benchMessage, for sending and for the desk's copy.
type benchComposer struct{}

func (benchComposer) Compose(_ context.Context, l outbox.Letter, _ outbox.Purpose) (outbox.Message, error) {
	return benchMessage(l.To.Name), nil
}

const benchSender = "office@convene.example.org"

func benchAddress(i int) outbox.Address {
	return outbox.Address{Name: "Delegate " + strconv.Itoa(i), Email: fmt.Sprintf("d%d@city%d.example.org", i, i%500)}
}

// sendBare is the floor.
func (s settings) sendBare(host string, port, n int, floor *sample) error {
	begun := time.Now()
	errs := make([]error, s.clients)
	var all sync.WaitGroup
	for c := range s.clients {
		all.Go(func() { errs[c] = bareLoop(host, port, c, s.clients, n) })
	}
	all.Wait()
	floor.elapsed += time.Since(begun)
	floor.took = append(floor.took, make([]time.Duration, n)...)
	return errors.Join(errs...)
}

// bareLoop sends every step-th message over one connection.
func bareLoop(host string, port, first, step, n int) error {
	dialer := &mail.Dialer{Host: host, Port: port, StartTLSPolicy: mail.NoStartTLS, Timeout: 10 * time.Second}
	connection, err := dialer.Dial()
	if err != nil {
		return err
	}
	for i := first; i < n; i += step {
		to := benchAddress(i)
		content := benchMessage(to.Name)
		m := mail.NewMessage()
		m.SetHeader("From", benchSender)
		m.SetAddressHeader("To", to.Email, to.Name)
		m.SetHeader("Subject", content.Subject)
		m.SetBody("text/plain", content.Text)
		m.AddAlternative("text/html", content.HTML)
		if err := mail.Send(connection, m); err != nil {
			return errors.Join(err, connection.Close())
		}
	}
	return connection.Close()
}

// sendLetters queues letters and measures their delivery.
func (s settings) sendLetters(ctx context.Context, path, host string, port, n int, sent *sample) (err error) {
	db, err := openOutbox(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := queue(ctx, db, n); err != nil {
		return err
	}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: host, Port: port, TLS: outbox.NoTLS, From: outbox.Address{Email: benchSender}, Guard: outbox.Reserved,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	o := outbox.New(db, outbox.Options{
		Sender: sender, Composer: benchComposer{}, Connections: s.clients, Log: slog.New(slog.DiscardHandler), Instance: "bench",
	})
	stop, err := profile(s.profileOf("mail"))
	if err != nil {
		return err
	}
	begun := time.Now()
	for left := n; left > 0; {
		counts, err := o.Deliver(ctx)
		if err != nil || counts["sent"] == 0 {
			return errors.Join(fmt.Errorf("%d letters were not sent: %v", left, counts), err, stop())
		}
		left -= counts["sent"]
	}
	sent.elapsed += time.Since(begun)
	sent.took = append(sent.took, make([]time.Duration, n)...)
	return stop()
}

func openOutbox(ctx context.Context, path string) (*store.DB, error) {
	engine, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, engine, append(outbox.Collections(), personal.Collections()...)...)
}

// queueLetters measures how long n letters take to be queued.
func queueLetters(ctx context.Context, path string, n int) (took time.Duration, err error) {
	db, err := openOutbox(ctx, path)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	err = queue(ctx, db, n)
	took = time.Since(begun)
	return took, errors.Join(err, db.Close())
}

// queue adds n letters, some hundreds in a commit.
func queue(ctx context.Context, db *store.DB, n int) error {
	for first := 0; first < n; first += mailInOneCommit {
		var list []outbox.Letter
		for i := first; i < min(first+mailInOneCommit, n); i++ {
			person := "d" + strconv.Itoa(i)
			list = append(list, outbox.Letter{
				ID: outbox.ID("reminder", person, "1"), Occasion: "reminder.days", Event: "e1", Person: person,
				To: benchAddress(i), Language: "en", Kind: outbox.KindReminder, Origin: "rule/1",
			})
		}
		err := db.Update(ctx, func(tx *store.Tx) error {
			_, err := outbox.QueueAll(ctx, tx, time.Now(), list)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// catchMail is the mail server: it takes everything and keeps a little. It tells
// its address on the standard output.
func catchMail(ctx context.Context) error {
	c, err := catcher.Start("127.0.0.1:0", catcher.Options{Keep: 10})
	if err != nil {
		return err
	}
	fmt.Println(c.Addr())
	<-ctx.Done()
	return c.Close()
}
