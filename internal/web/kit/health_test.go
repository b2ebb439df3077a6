package kit_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

func TestHealth(t *testing.T) {
	s := newSite(t)
	if a := s.get("/healthz"); a.StatusCode != 200 {
		t.Errorf("healthz: %d", a.StatusCode)
	}
	if a := s.get("/readyz"); a.StatusCode != 200 {
		t.Errorf("readyz: %d", a.StatusCode)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/readyz"); a.StatusCode != 503 {
		t.Errorf("readyz without a database: %d", a.StatusCode)
	}
	if a := s.get("/healthz"); a.StatusCode != 200 {
		t.Errorf("healthz without a database: %d", a.StatusCode)
	}
}

// serve listens on a port of its own and returns its address.
func (s *site) serve() string {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.App.Listener(ln) }()
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return ln.Addr().String()
}

func TestShutdownLetsRequestsEnd(t *testing.T) {
	s := newSite(t)
	began, release := make(chan bool), make(chan bool)
	s.App.Get("/slow", func(c *fiber.Ctx) error {
		began <- true
		<-release
		return c.SendString("done")
	})
	addr := s.serve()
	idle, err := net.Dial("tcp", addr) // kept alive after one request
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	fmt.Fprintf(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
		t.Fatal(err)
	}

	got := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + addr + "/slow")
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		got <- res.Status
	}()
	<-began
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- s.Shutdown(ctx)
	}()
	select {
	case <-stopped:
		t.Error("stopped with a request in flight")
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("still accepts connections")
	}
	close(release)
	if status := <-got; status != "200 OK" {
		t.Errorf("the request in flight got %s", status)
	}
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(3 * time.Second):
		t.Error("an idle connection holds the shutdown up")
	}
}

// What is sent may take longer to arrive than the head of the request: a telephone
// sends a file over a poor network.
func TestASlowUpload(t *testing.T) {
	s := newSite(t, func(o *kit.Options) {
		o.Config.HTTP.ReadTimeout, o.Config.HTTP.UploadTimeout = 300*time.Millisecond, 20*time.Second
	})
	addr := s.serve()
	send := func(pause int, parts ...string) error {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for i, part := range parts {
			if i == pause {
				time.Sleep(900 * time.Millisecond)
			}
			if _, err := io.WriteString(conn, part); err != nil {
				return err
			}
		}
		_, err = http.ReadResponse(bufio.NewReader(conn), nil)
		return err
	}
	head := "POST /nowhere HTTP/1.1\r\nHost: example.org\r\n"
	if err := send(2, head, "Content-Length: 4\r\n\r\n", "slow"); err != nil {
		t.Errorf("a body that takes its time: %v", err)
	}
	if err := send(1, head, "Content-Length: 4\r\n\r\n", "slow"); err == nil {
		t.Error("a head that takes its time is answered")
	}
}

func TestBodyTooLarge(t *testing.T) {
	s := newSite(t, func(o *kit.Options) { o.Config.HTTP.BodyLimit = 64 << 10 })
	addr := s.serve()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /form HTTP/1.1\r\nHost: x\r\nAccept-Language: fr\r\nContent-Length: 1000000\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body := new(strings.Builder)
	if _, err := bufio.NewReader(res.Body).WriteTo(body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 413 || !strings.Contains(body.String(), "<!doctype html>") || res.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v %s", res.StatusCode, res.Header, body)
	}
}
