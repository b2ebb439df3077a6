package outbox_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
)

// script is a mail server of few words, for what a well-behaved one never does.
type script struct {
	greeting   string            // empty: it says nothing at all
	extensions []string          // of its answer to EHLO
	answers    map[string]string // by command; "250 OK" otherwise
	most       int               // connections that it takes at once; 0: any number
	open       atomic.Int32

	mu   sync.Mutex
	seen []string // the lines it was sent
}

func (s *script) start(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *script) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	say := func(text string) { conn.Write([]byte(text + "\r\n")) }
	defer s.open.Add(-1)
	if n := s.open.Add(1); s.most > 0 && int(n) > s.most {
		say("421 too many connections")
		return
	}
	if s.greeting != "" {
		say(s.greeting)
	}
	message := false
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		s.seen = append(s.seen, line)
		s.mu.Unlock()
		command, _, _ := strings.Cut(line, " ")
		if message {
			command = "."
			if line != "." {
				continue
			}
		}
		answer := s.answer(command)
		message = strings.HasPrefix(answer, "354")
		say(answer)
	}
}

func (s *script) answer(command string) string {
	if answer, ok := s.answers[command]; ok {
		return answer
	}
	switch command {
	case "EHLO":
		answer := "250-here"
		for _, extension := range s.extensions {
			answer += "\r\n250-" + extension
		}
		return answer + "\r\n250 HELP"
	case "DATA":
		return "354 go on"
	}
	return "250 OK"
}

func (s *script) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.seen...)
}

func TestServersOfFewWords(t *testing.T) {
	tests := []struct {
		name   string
		server *script
		user   string
		state  outbox.State
		answer string
	}{
		{"without pipelining", &script{greeting: "220 hi"}, "", outbox.Sent, ""},
		{"with pipelining", &script{greeting: "220 hi", extensions: []string{"PIPELINING"}}, "", outbox.Sent, ""},
		{"it wants a message to nobody", &script{greeting: "220 hi", extensions: []string{"PIPELINING"},
			answers: map[string]string{"RCPT": "550 nobody", ".": "554 no recipients"}}, "", outbox.Failed, "nobody"},
		{"it never greets", &script{}, "", outbox.Waiting, "timeout"},
		{"it greets with a refusal", &script{greeting: "554 go away, office@example.org"}, "", outbox.Waiting, "go away"},
		{"it never answers the message", &script{greeting: "220 hi", answers: map[string]string{".": "100 wait"}}, "", outbox.Retrying, ""},
		{"it takes no password", &script{greeting: "220 hi"}, "convene", outbox.Waiting, "does not offer to sign in"},
		{"it wants LOGIN in the clear", &script{greeting: "220 hi", extensions: []string{"AUTH LOGIN"}}, "convene", outbox.Waiting, "unprotected"},
		{"it speaks of the sign-in later", &script{greeting: "220 hi", answers: map[string]string{"MAIL": "530 sign in first"}}, "", outbox.Waiting, "sign in first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, catcher.Options{})
			o := w.outbox(func(s *outbox.SMTP, _ *outbox.Options) {
				s.Port, s.Username, s.Password, s.Timeout = tt.server.start(t), tt.user, "secret", 300*time.Millisecond
			})
			w.queue(outbox.Letter{ID: "a"})
			begun := time.Now()
			w.deliver(o)
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if tt.state == outbox.Waiting { // the server is in trouble, not the letter
				w.wantState(o, "a", tt.state, 0)
				w.wantAlarm(o, tt.answer)
			} else if l := w.wantState(o, "a", tt.state, 1); !strings.Contains(l.Attempts[0].Answer, tt.answer) {
				t.Errorf("answer: %+v", l.Attempts[0])
			}
			for _, line := range tt.server.lines() {
				if strings.HasPrefix(line, "AUTH") {
					t.Errorf("it was told %q", line)
				}
			}
		})
	}
}
