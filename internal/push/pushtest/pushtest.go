// Package pushtest is a push service and a browser for tests: real TLS, and
// messages that are decrypted as browsers do (RFC 8291).
package pushtest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"convene/internal/push"
)

// Service is a push service with one browser.
type Service struct {
	// Answer is what the service answers with to the nth message, from 0. Nil:
	// 201 Created.
	Answer func(n int, w http.ResponseWriter)

	t       testing.TB
	server  *httptest.Server
	browser *ecdh.PrivateKey
	auth    []byte

	mu   sync.Mutex
	came []Message
}

// Message is a notification as the browser reads it.
type Message struct {
	push.Note
	Raw    []byte // the same as JSON
	Header http.Header
	Path   string
}

// Start starts the service.
func Start(t testing.TB) *Service {
	t.Helper()
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{t: t, browser: browser, auth: make([]byte, 16)}
	rand.Read(s.auth) // never fails
	s.server = httptest.NewTLSServer(http.HandlerFunc(s.take))
	t.Cleanup(s.server.Close)
	return s
}

// Client is the program's, but that it reaches the service by the name that
// endpoints have.
func (s *Service) Client() *http.Client {
	client := s.server.Client()
	client.CheckRedirect = push.NewClient().CheckRedirect
	transport := client.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.server.Listener.Addr().String())
	}
	client.Transport = transport
	return client
}

// Endpoint is an address at the service, by the name in its certificate.
func (s *Service) Endpoint(name string) string { return "https://example.com/push/" + name }

// Key is the browser's public key, in base64url.
func (s *Service) Key() string {
	return base64.RawURLEncoding.EncodeToString(s.browser.PublicKey().Bytes())
}

// Auth is the browser's secret, in base64url.
func (s *Service) Auth() string { return base64.RawURLEncoding.EncodeToString(s.auth) }

// Messages lists what has come, also what was answered with a refusal.
func (s *Service) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.came...)
}

func (s *Service) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
		return
	}
	m := Message{Header: r.Header, Path: r.URL.Path}
	if m.Raw, err = s.decrypt(body); err != nil {
		s.t.Errorf("a message that no browser can read: %v", err)
	}
	if err := json.Unmarshal(m.Raw, &m.Note); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	n := len(s.came)
	s.came = append(s.came, m)
	s.mu.Unlock()
	if s.Answer != nil {
		s.Answer(n, w)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// decrypt reads a message of one record (RFC 8188, 2; RFC 8291, 3).
func (s *Service) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) || len(body) > 4096 {
		return nil, errors.New("its length is wrong")
	}
	salt, size, sender, record := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])], body[21+int(body[20]):]
	if int(size) < len(record) {
		return nil, errors.New("it has more than one record")
	}
	theirs, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := s.browser.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(s.browser.PublicKey().Bytes()) + string(sender)
	material, err := hkdf.Key(sha256.New, shared, s.auth, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	opener, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := opener.Open(nil, nonce, record, nil)
	for len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	if err != nil || len(text) == 0 || text[len(text)-1] != 2 {
		return nil, errors.Join(errors.New("it is not sealed for this browser"), err)
	}
	return text[:len(text)-1], nil
}
