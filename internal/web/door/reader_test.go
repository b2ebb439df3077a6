package door_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"convene/internal/web/browsertest"
)

// lookedAt is longer than the page takes for keys of one burst.
const lookedAt = 1200 * time.Millisecond

// counter is an entrance whose page is open in a browser, on a line that can be
// cut.
type counter struct {
	*entrance
	*browsertest.Browser
	url  string
	mute atomic.Bool  // scans arrive, and their answers are lost
	hold sync.RWMutex // scans wait while it is locked
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	b := browsertest.Open(t, browsertest.PhoneWidth)
	c := &counter{entrance: newEntrance(t), Browser: b}
	c.serve()
	b.Do(
		emulation.SetDeviceMetricsOverride(390, 664, 1, true),
		network.SetCookie("convene_session", c.staff).WithURL(c.url),
	)
	b.Go(c.url + gate)
	return c
}

// serve puts the program behind the line.
func (c *counter) serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.entrance.t.Fatal(err)
	}
	go func() { _ = c.kit.App.Listener(listener) }() // ends with Shutdown
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: listener.Addr().String()})
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.mute.Load() && r.Method == http.MethodPost {
			gone := r.Context().Done()
			behind.ServeHTTP(httptest.NewRecorder(), r)
			<-gone // the browser has given up
			return
		}
		if r.Method == http.MethodPost {
			c.hold.RLock()
			defer c.hold.RUnlock()
		}
		behind.ServeHTTP(w, r)
	}))
	c.url = line.URL
	c.entrance.t.Cleanup(func() {
		line.CloseClientConnections()
		line.Close()
		// A browser may keep a connection open beyond the second.
		if err := c.kit.App.ShutdownWithTimeout(time.Second); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			c.entrance.t.Error(err)
		}
	})
}

// read types as a reader does: wherever the focus is, ended by Enter.
func (c *counter) read(code string) { c.Do(chromedp.KeyEvent(code + kb.Enter)) }

// shows waits for a verdict with the words.
func (c *counter) shows(verdict string, words ...string) {
	c.entrance.t.Helper()
	c.Until(`!document.getElementById("verdict").hidden && document.querySelector("#verdict .verdict.` + verdict + `") !== null`)
	text := c.Text("#verdict .verdict")
	for _, w := range words {
		if !strings.Contains(text, w) {
			c.entrance.t.Errorf("the verdict says %q; want %q", text, w)
		}
	}
}

func (c *counter) ready() { c.Until(`document.getElementById("verdict").hidden`) }

// TestReaderTypesOverAVerdict has one badge read right after the other.
func TestReaderTypesOverAVerdict(t *testing.T) {
	c := newCounter(t)
	amina, jun := c.guest("Amina Haddad"), c.guest("Jun Park")
	c.read(amina)
	c.shows("admit", "Amina Haddad")
	time.Sleep(400 * time.Millisecond)
	c.read(jun)
	c.Until(`document.querySelector("#verdict .verdict-name")?.textContent === "Jun Park"`)
	c.shows("admit", "Jun Park")
	c.recorded(2)

	c.ready() // by itself, as it is green
	c.read(amina)
	c.shows("stop", "First scan", "Main entrance")
	time.Sleep(lookedAt)
	c.Do(chromedp.KeyEvent(kb.Enter))
	c.ready()
	c.Until(`document.activeElement.id === "code" && document.querySelectorAll(".last > li").length === 3`)
	c.read("no badge")
	c.shows("attention")
	c.Do(chromedp.KeyEvent(kb.Escape))
	c.ready()
}

// TestReaderTypesWhileChecking has the second badge begin before the first is
// judged, so that the verdict comes upon half a code.
func TestReaderTypesWhileChecking(t *testing.T) {
	c := newCounter(t)
	amina, jun := c.guest("Amina Haddad"), c.guest("Jun Park")
	half := len(jun) / 2
	c.hold.Lock()
	c.read(amina)
	c.Do(chromedp.KeyEvent(jun[:half]))
	c.hold.Unlock()
	c.Until(`!document.getElementById("verdict").hidden`)
	c.read(jun[half:])
	c.Until(`document.querySelector("#verdict .verdict-name")?.textContent === "Jun Park"`)
	c.shows("admit")
	c.recorded(2)

	c.ready()
	c.hold.Lock()
	c.read(amina + kb.Enter + kb.Enter + jun) // two at once, and a reader that ends with two Enters
	c.hold.Unlock()
	c.shows("stop", "Amina Haddad", "waits")
	time.Sleep(lookedAt)
	c.Do(chromedp.KeyEvent(kb.Enter))
	c.Until(`document.querySelector("#verdict .verdict-name")?.textContent === "Jun Park"`)
	c.shows("stop", "Jun Park")
	c.recorded(4)
}

// TestNoAnswer loses the door's answers on the way: the page says what it does
// not know, and the same badge read again is let in, once.
func TestNoAnswer(t *testing.T) {
	c := newCounter(t)
	amina := c.guest("Amina Haddad")
	c.mute.Store(true)
	c.read(amina)
	c.Text("#checking") // visible
	c.shows("attention", "We do not know whether this scan was recorded. Scan the same badge again.")
	c.Shot("verdict-offline-low")
	c.mute.Store(false)
	c.read(amina)
	c.shows("admit", "Amina Haddad")
	c.recorded(1)
	c.ready()
	c.read(amina)
	c.shows("stop")
	c.recorded(2)
}

// TestSignedOut ends the session while the page stands open.
func TestSignedOut(t *testing.T) {
	c := newCounter(t)
	c.Do(network.DeleteCookies("convene_session").WithURL(c.url))
	c.read(c.guest("Amina Haddad"))
	c.shows("attention", "sign in if it asks")
	c.recorded(0)
	time.Sleep(lookedAt)
	c.Do(chromedp.KeyEvent(kb.Enter))
	c.Text("form [for=password]") // the page to sign in
}

// TestLowScreens looks at the verdict that has most to say where there is least
// room: the button is in sight, and nothing is cut.
func TestLowScreens(t *testing.T) {
	c := newCounter(t)
	long := strings.TrimSpace(strings.Repeat("Maximiliana Hernández ", 9))
	code := c.guest(long)
	c.read(code)
	c.shows("admit")
	c.ready()
	c.read(code)
	c.shows("stop", "First scan")
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"390x664", 390, 664}, {"500x701", 500, 701}, {"360x560", 360, 560}, {"844x390", 844, 390}, {"1280x800", 1280, 800}} {
		c.Do(emulation.SetDeviceMetricsOverride(size.width, size.height, 1, true))
		c.ViewTo(t.TempDir() + "/view.png") // drawn
		if !browsertest.Eval[bool](c.Browser, `(() => {
			const button = document.querySelector("#verdict .actions a").getBoundingClientRect();
			return button.top > 0 && button.bottom <= innerHeight && button.height > 40;
		})()`) {
			t.Errorf("%s: the button is out of sight", size.name)
		}
		if over := browsertest.Eval[int](c.Browser, `(() => {
			const who = document.querySelector("#verdict .verdict-who");
			return who.scrollHeight - who.clientHeight;
		})()`); over > 0 {
			t.Errorf("%s: %d px of the person and the reason are cut", size.name, over)
		}
		c.Shot("verdict-stop-" + size.name)
	}
}
