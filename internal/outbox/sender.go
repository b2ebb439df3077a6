package outbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
)

// SMTP is how to reach the mail server.
type SMTP struct {
	Host     string
	Port     int
	Username string // empty: without signing in
	Password string
	TLS      TLS
	From     Address
	Guard    Guard // nil: all addresses are let out

	// Timeout bounds the connecting and each command: 30 s unless set. The
	// answer to a whole message may take four times as long.
	Timeout time.Duration

	// Roots are the authorities that the server's certificate is checked
	// against; nil means the system's.
	Roots *x509.CertPool
}

// TLS is how the connection is protected.
type TLS string

const (
	StartTLS    TLS = "starttls" // required: a server that does not offer it gets nothing
	ImplicitTLS TLS = "implicit" // from the first byte
	NoTLS       TLS = "none"     // for a server on the same machine
)

// Sender hands messages to the mail server over connections that it keeps. It
// is safe for concurrent use.
//
// go-mail builds the messages (see render) but not the connections. Its Dialer
// (v2.3.0) sets no deadline until the server has greeted, leaks the connection
// when dialling fails half-way, sends without signing in when AUTH is not
// offered, dials and sends again on its own after a timeout, does not reset the
// session after a refusal, so that one refused recipient costs the connection,
// and its retry hides which answer was whose. net/smtp, which it stands on, has
// none of that.
type Sender struct {
	smtp   SMTP
	domain string

	mu   sync.Mutex
	idle []*connection
}

// NewSender checks the settings. It does not connect.
func NewSender(s SMTP) (*Sender, error) {
	if s.Host == "" || s.Port <= 0 {
		return nil, errors.New("outbox: the mail server needs a host and a port")
	}
	if !slices.Contains([]TLS{StartTLS, ImplicitTLS, NoTLS}, s.TLS) {
		return nil, fmt.Errorf("outbox: unknown protection %q", s.TLS)
	}
	from, err := parseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("outbox: the sender's address: %w", err)
	}
	if s.Timeout <= 0 {
		s.Timeout = 30 * time.Second
	}
	s.From = from
	return &Sender{smtp: s, domain: from.Email[strings.LastIndex(from.Email, "@")+1:]}, nil
}

// Close closes the connections that are kept.
func (s *Sender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	var err error
	for _, c := range idle {
		err = errors.Join(err, c.quit())
	}
	return err
}

// connection is a session with the server.
type connection struct {
	sender *Sender
	raw    net.Conn
	client *smtp.Client
	used   time.Time
}

// How long a connection is kept without use, at most, and after how long it is
// asked whether it still lives.
const (
	keptIdle  = time.Minute
	askedIdle = time.Second
)

// take returns a kept connection that still lives, or a new one.
func (s *Sender) take(ctx context.Context) (*connection, error) {
	for {
		c := s.pop()
		if c == nil {
			return s.open(ctx)
		}
		if c.lives() {
			return c, nil
		}
		c.close()
	}
}

func (s *Sender) pop() *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == 0 {
		return nil
	}
	c := s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	return c
}

func (s *Sender) put(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, c)
}

func (c *connection) lives() bool {
	idle := time.Since(c.used)
	if idle < askedIdle {
		return true
	}
	if idle > keptIdle {
		return false
	}
	return c.patience(1) == nil && c.client.Noop() == nil
}

// open dials, protects the connection and signs in, as the settings ask. All
// its errors concern the connection, never a letter.
func (s *Sender) open(ctx context.Context) (*connection, error) {
	raw, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	c := &connection{sender: s, raw: raw, used: time.Now()}
	if err := c.greet(); err != nil {
		return nil, errors.Join(err, ignoreClosed(raw.Close()))
	}
	return c, nil
}

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: s.smtp.Timeout}
	address := net.JoinHostPort(s.smtp.Host, strconv.Itoa(s.smtp.Port))
	if s.smtp.TLS == ImplicitTLS {
		return (&tls.Dialer{NetDialer: dialer, Config: s.tlsConfig()}).DialContext(ctx, "tcp", address)
	}
	return dialer.DialContext(ctx, "tcp", address)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.smtp.Host, RootCAs: s.smtp.Roots, MinVersion: tls.VersionTLS12}
}

func (c *connection) greet() (err error) {
	settings := c.sender.smtp
	if err := c.patience(1); err != nil {
		return err
	}
	if c.client, err = smtp.NewClient(c.raw, settings.Host); err != nil {
		return err
	}
	if err := c.client.Hello(c.sender.domain); err != nil {
		return err
	}
	if settings.TLS == StartTLS {
		if ok, _ := c.client.Extension("STARTTLS"); !ok {
			return errors.New("the mail server does not offer STARTTLS, which is required")
		}
		if err := c.client.StartTLS(c.sender.tlsConfig()); err != nil {
			return err
		}
	}
	if settings.Username != "" {
		if err := c.signIn(); err != nil {
			return err
		}
	}
	text := c.client.Text
	text.W = bufio.NewWriterSize(through{text.W}, 64<<10) // most messages in one packet
	return nil
}

// through passes on at once what it is given.
type through struct{ *bufio.Writer }

func (t through) Write(p []byte) (int, error) {
	n, err := t.Writer.Write(p)
	return n, errors.Join(err, t.Flush())
}

// signIn prefers PLAIN; LOGIN is for servers that know nothing else.
func (c *connection) signIn() error {
	settings := c.sender.smtp
	ok, offered := c.client.Extension("AUTH")
	if !ok {
		return errors.New("the mail server does not offer to sign in")
	}
	mechanisms := strings.Fields(offered)
	if slices.Contains(mechanisms, sasl.Login) && !slices.Contains(mechanisms, sasl.Plain) {
		return c.client.Auth(&loginAuth{client: sasl.NewLoginClient(settings.Username, settings.Password)})
	}
	return c.client.Auth(smtp.PlainAuth("", settings.Username, settings.Password, settings.Host))
}

// loginAuth lets net/smtp use go-sasl's LOGIN.
type loginAuth struct{ client sasl.Client }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("the password is not sent over an unprotected connection")
	}
	return a.client.Start()
}

func (a *loginAuth) Next(challenge []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	return a.client.Next(challenge)
}

// refusal is an error that is about the letter and will not pass: the guard's,
// the composer's, an address nobody can send to.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// errBroken marks errors after which the connection is of no use.
var errBroken = errors.New("the connection broke")

// send hands one message over and returns the server's error as a
// *textproto.Error in the chain. An errBroken says that the caller must close
// the connection.
func (c *connection) send(e envelope) error {
	if err := c.allow(e.to); err != nil {
		return refusal{err}
	}
	err := c.transact(e)
	c.used = time.Now()
	if err == nil {
		return nil
	}
	var answer *textproto.Error
	if !errors.As(err, &answer) || answer.Code == 421 {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if reset := c.client.Reset(); reset != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}

func (c *connection) allow(email string) error {
	if !isASCII(email) {
		if ok, _ := c.client.Extension("SMTPUTF8"); !ok {
			return errors.New("the mail server does not take addresses beyond ASCII")
		}
	}
	if guard := c.sender.smtp.Guard; guard != nil {
		return guard(email)
	}
	return nil
}

// patience bounds what comes next to so many timeouts.
func (c *connection) patience(timeouts int) error {
	return c.raw.SetDeadline(time.Now().Add(time.Duration(timeouts) * c.sender.smtp.Timeout))
}

func (c *connection) quit() error {
	if err := c.patience(1); err != nil {
		return ignoreClosed(err)
	}
	if err := c.client.Quit(); err != nil {
		c.close() // the server was quicker
	}
	return nil
}

func (c *connection) close() { _ = c.raw.Close() }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
