// Package catcher is an SMTP server that keeps what it is given and sends
// nothing on: the demo's mailbox, and the other end of the outbox's tests.
package catcher

import (
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options are a catcher's settings. The zero value keeps the last thousand
// messages in memory, without encryption or authentication.
type Options struct {
	// Keep is how many messages are kept, the newest: 1000 unless set.
	Keep int

	// Folder also keeps them as .eml files, which a later catcher finds again.
	// It is made if needed. Empty: memory only.
	Folder string

	// StartTLS offers encryption, with a certificate for localhost and
	// 127.0.0.1 that Roots vouches for.
	StartTLS bool

	// User and Password, when set, must be given with AUTH PLAIN.
	User, Password string

	// Answer, when set, decides about every command. It is asked with the
	// message as far as it is known. A nil error accepts; Refuse answers with a
	// code; ErrDrop closes the connection without a word, after keeping the
	// message when the stage is Data.
	Answer func(Stage, Message) error

	// Clock tells when a message came: time.Now unless set.
	Clock func() time.Time
}

// Stage is the command that Answer is asked about.
type Stage string

const (
	Mail Stage = "MAIL"
	Rcpt Stage = "RCPT"
	Data Stage = "DATA" // after the whole message has come
)

// ErrDrop, from Answer, closes the connection.
var ErrDrop = errors.New("catcher: drop the connection")

// Refuse, from Answer, is the server's answer with that code (4xx or 5xx).
func Refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, Message: text}
}

// Message is one that was caught. To are the envelope's recipients.
type Message struct {
	ID       string // grows with time
	From     string
	To       []string
	Received time.Time // UTC
	Raw      []byte    // as it came, with CRLF line ends
}

// maxMessage bounds one message, maxBytes all that are in memory.
const (
	maxMessage = 32 << 20
	maxBytes   = 256 << 20
)

// Catcher is a running server. It is safe for concurrent use.
type Catcher struct {
	options  Options
	server   *smtp.Server
	listener net.Listener
	roots    *x509.CertPool
	served   chan error

	mu       sync.Mutex
	messages []Message // oldest first
	bytes    int
	serial   int
}

// Start listens on addr ("127.0.0.1:0" for any free port) and serves until
// Close.
func Start(addr string, o Options) (*Catcher, error) {
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	c := &Catcher{options: o, served: make(chan error, 1)}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("catcher: %w", err)
	}
	if err := c.prepare(); err != nil {
		return nil, fmt.Errorf("catcher: %w", err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("catcher: %w", err)
	}
	c.listener = listener
	go func() { c.served <- c.server.Serve(listener) }()
	return c, nil
}

func (c *Catcher) prepare() error {
	s := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &session{catcher: c, conn: conn}, nil
	}))
	s.Domain = "localhost"
	s.MaxMessageBytes = maxMessage
	s.MaxRecipients = 100
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, time.Minute
	s.EnableSMTPUTF8 = true
	s.AllowInsecureAuth = !c.options.StartTLS
	s.ErrorLog = log.New(io.Discard, "", 0) // its lines would hold addresses
	if c.options.StartTLS {
		cert, roots, err := selfSigned()
		if err != nil {
			return err
		}
		s.TLSConfig, c.roots = &tls.Config{Certificates: []tls.Certificate{cert}}, roots
	}
	c.server = s
	return nil
}

// Addr returns the address that the catcher listens on.
func (c *Catcher) Addr() *net.TCPAddr { return c.listener.Addr().(*net.TCPAddr) }

// Roots returns the authorities that vouch for the server; nil without StartTLS.
func (c *Catcher) Roots() *x509.CertPool { return c.roots }

// Close stops the server and drops its connections. What was kept in the folder
// stays.
func (c *Catcher) Close() error {
	err := c.server.Close()
	// The server closes the listener only if it has begun to serve.
	if closed := c.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	if served := <-c.served; !errors.Is(served, net.ErrClosed) && !errors.Is(served, smtp.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Messages returns what was caught, the oldest first.
func (c *Catcher) Messages() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.messages)
}

// Message returns the message with the id.
func (c *Catcher) Message(id string) (Message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// keep adds a message and lets the oldest go.
func (c *Catcher) keep(m Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Received = c.options.Clock().UTC()
	c.serial++
	m.ID = fmt.Sprintf("%s-%06d", m.Received.Format("20060102T150405.000000"), c.serial%1e6)
	if err := c.write(m); err != nil {
		return err
	}
	c.add(m)
	return nil
}

func (c *Catcher) add(m Message) {
	c.messages = append(c.messages, m)
	c.bytes += len(m.Raw)
	for len(c.messages) > 1 && (len(c.messages) > c.options.Keep || c.bytes > maxBytes) {
		c.remove(c.messages[0])
		c.bytes -= len(c.messages[0].Raw)
		c.messages = c.messages[1:]
	}
}

// session is one connection.
type session struct {
	catcher  *Catcher
	conn     *smtp.Conn
	signedIn bool
	message  Message
}

func (s *session) Reset()        { s.message = Message{} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.catcher.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		o := s.catcher.options
		same := subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(o.User+"\x00"+o.Password))
		if o.User == "" || same != 1 {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.catcher.options.User != "" && !s.signedIn {
		return Refuse(530, "Authentication required")
	}
	s.message.From = from
	return s.answer(Mail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	asked := s.message
	asked.To = append(slices.Clone(asked.To), to)
	if err := s.answerWith(Rcpt, asked); err != nil {
		return err
	}
	s.message = asked
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.message.Raw = raw
	answer := s.answer(Data)
	if answer != nil && !errors.Is(answer, ErrDrop) {
		return answer
	}
	if err := s.catcher.keep(s.message); err != nil {
		return Refuse(451, "The message could not be kept")
	}
	return answer
}

func (s *session) answer(stage Stage) error { return s.answerWith(stage, s.message) }

func (s *session) answerWith(stage Stage, m Message) error {
	if s.catcher.options.Answer == nil {
		return nil
	}
	err := s.catcher.options.Answer(stage, m)
	if errors.Is(err, ErrDrop) {
		_ = s.conn.Conn().Close() // what is answered now reaches nobody
	}
	return err
}
