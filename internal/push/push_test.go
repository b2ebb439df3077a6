package push_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/push"
	"convene/internal/push/pushtest"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// house is a service with a browser that it can reach.
type house struct {
	*push.Service
	t    *testing.T
	db   *store.DB
	at   *pushtest.Service
	now  time.Time
	lost error // why letters cannot be read
}

func open(t *testing.T) *house {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, append(push.Collections(), personal.Collections()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{t: t, db: db, at: pushtest.Start(t), now: time.Date(2027, 5, 10, 15, 0, 0, 0, time.UTC)}
	h.Service, err = push.New(push.Options{
		DB: db, Clock: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler), Secret: "a secret",
		Client: h.at.Client(), Contact: "desk@example.org", Write: h.write,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) write(_ context.Context, person, letter string) (push.Note, error) {
	if h.lost != nil {
		return push.Note{}, h.lost
	}
	return push.Note{
		Title: "Letter " + letter, Body: "For " + person + strings.Repeat(" and so on", 60), URL: "https://convene.test/r/t", Language: "ar", Direction: "rtl",
	}, nil
}

func (h *house) subscribe(person, name string) {
	h.t.Helper()
	if err := h.Subscribe(h.t.Context(), person, h.at.Endpoint(name), h.at.Key(), h.at.Auth()); err != nil {
		h.t.Fatal(err)
	}
}

// sent says that letters to the person were sent.
func (h *house) sent(person string, letters ...string) {
	h.t.Helper()
	err := h.db.Update(h.t.Context(), func(tx *store.Tx) error {
		for _, id := range letters {
			if err := h.Queue(h.t.Context(), tx, outbox.Letter{ID: id, Person: person, Deadline: h.now.Add(3 * time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) deliver(want map[string]int) {
	h.t.Helper()
	got, err := h.Deliver(h.t.Context())
	if err != nil || !maps.Equal(got, want) {
		h.t.Fatalf("delivered %v, %v; want %v", got, err, want)
	}
}

func TestANotificationArrives(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "phone")
	h.subscribe("amina", "desk")
	h.subscribe("bo", "laptop")
	h.sent("amina", "letter/1")
	h.sent("amina", "letter/1") // recorded once more
	h.sent("cy", "letter/2")    // who has no browser
	h.sent("", "letter/3")      // who is nobody in particular
	h.deliver(map[string]int{"sent": 2})
	h.deliver(map[string]int{})

	came := h.at.Messages()
	if len(came) != 2 || came[0].Path == came[1].Path {
		t.Fatalf("%d messages came", len(came))
	}
	m := came[0]
	if m.Title != "Letter letter/1" || !strings.HasPrefix(m.Body, "For amina and") || !strings.HasSuffix(m.Body, "…") || m.Language != "ar" || m.Direction != "rtl" || m.URL != "https://convene.test/r/t" {
		t.Errorf("the browser reads %+v", m.Note)
	}
	if n := len([]rune(m.Body)); n != 240 {
		t.Errorf("the body has %d characters", n)
	}
	if m.Tag == "" || m.Tag != came[1].Tag || m.Header.Get("Topic") != m.Tag || m.Header.Get("TTL") != "10800" {
		t.Errorf("tag %q, headers %v", m.Tag, m.Header)
	}
	h.checkSignature(m.Header.Get("Authorization"))
}

// checkSignature reads what names the installation (RFC 8292, 2 and 3).
func (h *house) checkSignature(header string) {
	h.t.Helper()
	signed, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	if !ok || key != h.PublicKey() {
		h.t.Fatalf("Authorization: %s", header)
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		h.t.Fatal(err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		h.t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(signed, claims, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithValidMethods([]string{"ES256"})); err != nil {
		h.t.Fatal(err)
	}
	if claims["aud"] != "https://example.com" || claims["sub"] != "mailto:desk@example.org" {
		h.t.Errorf("claims %v", claims)
	}
}

func TestTheKeyStaysTheSame(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, secret := range []string{"a secret", "another", "a secret"} {
		s, err := push.New(push.Options{Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		if was := keys[secret]; was != "" && was != s.PublicKey() {
			t.Error("one secret makes two keys")
		}
		keys[secret] = s.PublicKey()
	}
	if keys["a secret"] == keys["another"] {
		t.Error("two secrets make one key")
	}
}

func TestWhatPushServicesAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		after  string
		want   string
		wait   time.Duration // until it is tried again
	}{
		"taken":              {status: 201, want: "sent"},
		"taken, with a body": {status: 200, want: "sent"},
		"gone":               {status: 410, want: "gone"},
		"never there":        {status: 404, want: "gone"},
		"not understood":     {status: 400, want: "refused"},
		"another key":        {status: 403, want: "refused"},
		"too large":          {status: 413, want: "refused"},
		"moved":              {status: 307, want: "refused"},
		"down":               {status: 503, want: "retried", wait: 30 * time.Second},
		"too many":           {status: 429, after: "600", want: "retried", wait: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.at.Answer = func(n int, w http.ResponseWriter) {
				if n > 0 {
					return
				}
				w.Header().Set("Retry-After", test.after)
				w.Header().Set("Location", "https://example.com/elsewhere")
				w.WriteHeader(test.status)
			}
			h.subscribe("amina", "phone")
			h.sent("amina", "letter/1")
			h.deliver(map[string]int{test.want: 1})
			h.deliver(map[string]int{}) // nothing is tried at once again
			if test.wait > 0 {
				h.now = h.now.Add(test.wait - time.Second)
				h.deliver(map[string]int{})
				h.now = h.now.Add(time.Second)
				h.deliver(map[string]int{"sent": 1})
			}
			h.sent("amina", "letter/2")
			if test.want == "gone" {
				h.deliver(map[string]int{})
				return
			}
			h.deliver(map[string]int{"sent": 1})
		})
	}
}

func TestNobodyIsToldTooLate(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.at.Answer = func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1")
	for _, pause := range []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour} {
		h.deliver(map[string]int{"retried": 1})
		h.now = h.now.Add(pause)
	}
	h.deliver(map[string]int{"retried": 1})
	h.now = h.now.Add(2 * time.Hour) // its deadline was three hours away
	h.deliver(map[string]int{"expired": 1})
	if n := len(h.at.Messages()); n != 5 {
		t.Errorf("%d tries", n)
	}
}

func TestALetterThatCannotBeReadIsNotTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1")
	h.lost = errors.New("the database is away") // which passes
	h.deliver(map[string]int{"retried": 1})
	h.lost = problem.New(problem.NotFound, "problem.letter_not_found")
	h.now = h.now.Add(time.Minute)
	h.deliver(map[string]int{"refused": 1})
	h.now = h.now.Add(time.Hour)
	h.deliver(map[string]int{})
}

func TestAServiceCannotHaveUsWaitForEver(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.at.Answer = func(_ int, w http.ResponseWriter) {
		w.Header().Set("Retry-After", "9000000000")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1")
	h.deliver(map[string]int{"retried": 1})
	h.now = h.now.Add(3 * time.Hour)
	h.deliver(map[string]int{"expired": 1})
}

// A letter that is recorded once more after another browser came is shown there.
func TestABrowserThatCameBetween(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1")
	h.subscribe("amina", "laptop")
	h.subscribe("amina", "desk")
	h.sent("amina", "letter/1")
	h.deliver(map[string]int{"sent": 3})
}

// Somebody allows a browser anew while the last try to reach it is under way.
func TestABrowserAllowedAnewIsKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1")
	h.at.Answer = func(n int, w http.ResponseWriter) {
		if n == 0 {
			h.now = h.now.Add(time.Second)
			h.subscribe("amina", "phone")
			w.WriteHeader(http.StatusGone)
		}
	}
	h.deliver(map[string]int{"gone": 1})
	h.sent("amina", "letter/2")
	h.deliver(map[string]int{"sent": 1})
}

func TestAStoppingProgramKeepsWhatItDidNotSend(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "phone")
	h.sent("amina", "letter/1", "letter/2")
	ctx, cancel := context.WithCancel(t.Context())
	h.at.Answer = func(int, http.ResponseWriter) { cancel() }
	if _, err := h.Deliver(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	h.at.Answer = nil
	if _, err := h.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range h.at.Messages() {
		told[m.Title] = true
	}
	if len(told) != 2 {
		t.Errorf("told of %v", told)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.subscribe("amina", "shared")
	h.subscribe("bo", "shared")
	h.sent("amina", "letter/1")
	for range 2 {
		if err := h.Unsubscribe(t.Context(), "amina", h.at.Endpoint("shared")); err != nil {
			t.Fatal(err)
		}
	}
	h.deliver(map[string]int{"gone": 1}) // also what was queued before
	h.sent("amina", "letter/2")
	h.sent("bo", "letter/3")
	h.deliver(map[string]int{"sent": 1})
}

func TestTheLatestBrowsersAreKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	for i := range 12 {
		h.subscribe("amina", fmt.Sprint(i))
		h.now = h.now.Add(time.Minute)
	}
	h.sent("amina", "letter/1")
	h.deliver(map[string]int{"sent": 10})
	for _, m := range h.at.Messages() {
		if m.Path == "/push/0" || m.Path == "/push/1" {
			t.Errorf("%s was kept", m.Path)
		}
	}
	h.now = h.now.AddDate(2, 0, 0)
	if n, err := h.Purge(t.Context()); n != 10 || err != nil {
		t.Errorf("%d were forgotten, %v", n, err)
	}
	h.sent("amina", "letter/2")
	h.deliver(map[string]int{})
}

func TestSubscriptionsThatAreNone(t *testing.T) {
	t.Parallel()
	h := open(t)
	good := h.at.Endpoint("phone")
	for name, s := range map[string][3]string{
		"plain http":         {"http://example.com/push", h.at.Key(), h.at.Auth()},
		"an address":         {"https://10.0.0.1/push", h.at.Key(), h.at.Auth()},
		"an IPv6 address":    {"https://[::1]/push", h.at.Key(), h.at.Auth()},
		"this machine":       {"https://localhost/push", h.at.Key(), h.at.Auth()},
		"with a password":    {"https://a:b@example.com/push", h.at.Key(), h.at.Auth()},
		"another port":       {"https://example.com:8443/push", h.at.Key(), h.at.Auth()},
		"long":               {good + strings.Repeat("x", 2000), h.at.Key(), h.at.Auth()},
		"nothing":            {"", "", ""},
		"no key":             {good, "", h.at.Auth()},
		"no point":           {good, base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...)), h.at.Auth()},
		"a short secret":     {good, h.at.Key(), "AAAA"},
		"a secret not in it": {good, h.at.Key(), "?"},
	} {
		if err := h.Subscribe(t.Context(), "amina", s[0], s[1], s[2]); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.Client = nil
	if err := h.Subscribe(t.Context(), "amina", good, h.at.Key(), h.at.Auth()); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("switched off: %v", err)
	}
	h.deliver(map[string]int{})
}

// An endpoint must not lead into the operator's network, whatever its name means.
func TestPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	for address, public := range map[string]bool{
		"142.250.1.95:443": true, "[2a00:1450:4001::5f]:443": true, "142.250.1.95:8080": false,
		"127.0.0.1:443": false, "10.1.2.3:443": false, "172.16.0.1:443": false, "192.168.1.1:443": false, "169.254.169.254:443": false,
		"100.64.1.1:443": false, "0.0.0.0:443": false, "255.255.255.255:443": false, "224.0.0.1:443": false, "198.18.0.1:443": false,
		"[::1]:443": false, "[fe80::1]:443": false, "[fd00::1]:443": false, "[::ffff:10.0.0.1]:443": false, "[64:ff9b::a00:1]:443": false,
		"[2002:a00:1::]:443": false, "[::]:443": false, "nonsense": false,
	} {
		if err := push.CheckPublic(address); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	if answer, err := push.NewClient().Get(server.URL); err == nil || !strings.Contains(err.Error(), "no public address") {
		t.Errorf("the client reached this machine: %v, %v", answer, err)
	}
}
