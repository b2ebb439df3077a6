package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"convene/internal/web/browsertest"
)

// demo is a running demonstration.
type demo struct {
	url      string
	password map[string]string // by e-mail address
}

var (
	pagesLine  = regexp.MustCompile(`Pages\s+(http://\S+)`)
	signInLine = regexp.MustCompile(`sign in as (\S+), password (\S+)`)
)

// startDemo runs the subcommand as a stranger would and reads what it prints.
func startDemo(t *testing.T, folder string) demo {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out := &printed{line: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	begun := time.Now()
	go func() {
		ended <- run(ctx, []string{"demo", "--addr", "127.0.0.1:0", "--data", folder}, nil, out, out)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the demo ended with code %d:\n%s", code, out)
		}
	})
	for !strings.Contains(out.String(), "Stop with Ctrl+C") {
		select {
		case <-out.line:
		case code := <-ended:
			ended <- code
			t.Fatalf("the demo ended with code %d:\n%s", code, out)
		case <-time.After(time.Minute):
			t.Fatalf("the demo says nothing:\n%s", out)
		}
	}
	t.Logf("ready after %s", time.Since(begun).Round(time.Millisecond))
	text := out.String()
	d := demo{url: pagesLine.FindStringSubmatch(text)[1], password: map[string]string{}}
	for _, m := range signInLine.FindAllStringSubmatch(text, -1) {
		d.password[m[1]] = m[2]
	}
	return d
}

// printed is a writer that tells when something was written.
type printed struct {
	mu   sync.Mutex
	b    bytes.Buffer
	line chan struct{}
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.line <- struct{}{}:
	default:
	}
	return p.b.Write(text)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// homeZone is where the stranger's telephone is at home.
const homeZone = "Africa/Dar_es_Salaam"

// TestRoad goes the whole way as a stranger would, on a phone: register, find
// the letter, open the badge, be scanned twice at the door, and see the desk
// count one.
func TestRoad(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	folder := t.TempDir()
	d := startDemo(t, folder)

	d.register(b)
	d.confirm(b)
	code := d.badge(t, b)

	d.signIn(b, "door@example.org")
	first := d.scan(t, b, "main", code)
	if !strings.Contains(first, "ADMIT") || !strings.Contains(first, "Zuhura Mwakasege") || !strings.Contains(first, "City executive") {
		t.Errorf("first scan says %q; want admit, name and category", first)
	}
	b.Shot("verdict-admit-phone")
	second := d.scan(t, b, "side", code)
	if !strings.Contains(second, "STOP") || !regexp.MustCompile(`First scan \d\d:\d\d on .*Main entrance`).MatchString(second) {
		t.Errorf("second scan says %q; want stop, with time and gate of the first", second)
	}
	b.Shot("verdict-stop-phone")

	d.signIn(b, "organiser@example.org")
	b.Go(d.url + "/desk/e/rehearsal")
	b.NoSideways()
	b.Shot("dashboard-phone")
	if tiles := b.Text(".tiles"); !regexp.MustCompile(`(?i)arrived\s+1\b`).MatchString(tiles) {
		t.Errorf("the dashboard says %q; want one arrived", tiles)
	}
	d.longName(t, b)
}

// longName gives the delegate the longest name there may be, which must leave
// everything on the card, and the code in sight at once.
func (d demo) longName(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	address := regexp.MustCompile(`http://\S+/badge\b`).FindString(d.letter(b, "You are confirmed"))
	b.Go(strings.TrimSuffix(address, "badge") + "edit")
	if zone := browsertest.Eval[string](b, `document.querySelector("#time_zone").value`); zone != homeZone {
		t.Errorf("the time zone is kept as %q", zone)
	}
	name := strings.Repeat("Wilhelmina Mwakasege-Nguyen ", 8)[:200]
	for field, value := range map[string]string{"#name": name, "#organisation": name} {
		b.Do(chromedp.SetValue(field, value, chromedp.ByQuery))
	}
	b.Click("main form button.primary")
	b.Go(address)
	b.NoSideways()
	b.Until(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
	b.Shot("badge-long-name-phone")
	if bottom := browsertest.Eval[float64](b, `document.querySelector("img[src$='badge.png']").getBoundingClientRect().bottom`); bottom > 664 {
		t.Errorf("the code ends %.0f px down the page; want it on a phone's screen", bottom)
	}
	if outside := browsertest.Eval[string](b, `(() => {
		const card = document.querySelector(".badge").getBoundingClientRect();
		return [".badge-event", ".badge-name", ".badge-org", ".badge-country", ".badge-code img", ".badge-band"].filter(part => {
			const box = document.querySelector(".badge " + part).getBoundingClientRect();
			const above = document.querySelector(".badge-code").getBoundingClientRect().top;
			return box.bottom > card.bottom || box.right > card.right || (part.match(/name|org|country/) && box.bottom > above + 1);
		}).join(" ");
	})()`); outside != "" {
		t.Errorf("pushed off the badge: %s", outside)
	}
}

func (d demo) register(b *browsertest.Browser) {
	b.Do(emulation.SetTimezoneOverride(homeZone))
	b.Go(d.url + "/e/rehearsal/register")
	b.NoSideways()
	b.Until(`document.querySelector("#time_zone").value === "` + homeZone + `"`) // proposed by the page
	b.Type("#name", "Zuhura Mwakasege")
	b.Type("#organisation", "Jiji la Dar es Salaam")
	b.Type("#email", "zuhura@example.org")
	b.Click("form button.primary") // too early: the rest is missing, and nothing is lost
	b.Text("#consent-error")
	b.Shot("register-faults-phone")
	b.Do(
		chromedp.WaitVisible("#country-error", chromedp.ByQuery),
		chromedp.SetValue("#country", "TZ", chromedp.ByQuery),
		chromedp.Click(`input[name=category][value=city-executive]`, chromedp.ByQuery),
		chromedp.Click("#consent", chromedp.ByQuery),
	)
	b.Click("form button.primary")
	b.Until(`location.pathname.endsWith("/register/sent")`)
	b.Shot("register-sent-phone")
}

// letter waits until the mailbox has a letter of the subject, opens it and
// returns its text.
func (d demo) letter(b *browsertest.Browser, subject string) string {
	deadline := time.Now().Add(30 * time.Second)
	for {
		b.Go(d.url + "/mailbox")
		if href := browsertest.Eval[string](b, fmt.Sprintf(
			`[...document.querySelectorAll("main th a")].find(a => a.textContent.includes(%q))?.getAttribute("href") ?? ""`, subject)); href != "" {
			b.Go(d.url + href)
			return b.Text(".letter pre")
		}
		if time.Now().After(deadline) {
			return ""
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func (d demo) confirm(b *browsertest.Browser) {
	text := d.letter(b, "Please confirm")
	b.Shot("letter-verify-phone")
	b.Go(regexp.MustCompile(`http://\S+/verify/\S+`).FindString(text))
	b.NoSideways()
	b.Click("main form button.primary")
	b.Until(`document.querySelector(".pill.confirmed") !== null`)
	b.NoSideways()
	b.Shot("own-phone")
}

// badge opens the badge from its letter and reads the code off the picture.
func (d demo) badge(t *testing.T, b *browsertest.Browser) string {
	text := d.letter(b, "You are confirmed")
	b.Until(`document.querySelector("iframe") !== null`)
	b.Shot("letter-badge-phone")
	b.Go(regexp.MustCompile(`http://\S+/badge\b`).FindString(text))
	b.NoSideways()
	b.Until(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
	b.Shot("badge-phone")
	data := browsertest.Eval[string](b, `(() => {
		const i = document.querySelector("img[src$='badge.png']");
		const c = document.createElement("canvas");
		[c.width, c.height] = [i.naturalWidth, i.naturalHeight];
		c.getContext("2d").drawImage(i, 0, 0);
		return c.toDataURL("image/png").split(",")[1];
	})()`)
	return readCode(t, data)
}

func readCode(t *testing.T, data string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func (d demo) signIn(b *browsertest.Browser, email string) {
	b.Do(network.ClearBrowserCookies())
	b.Go(d.url + "/sign-in")
	b.NoSideways()
	b.Type("#email", email)
	b.Type("#password", d.password[email])
	b.Click("form.form button.primary")
}

// scan types the code as a reader does, ended by Enter, and returns what the
// verdict says.
func (d demo) scan(t *testing.T, b *browsertest.Browser, gate, code string) string {
	t.Helper()
	b.Go(d.url + "/door/e/rehearsal/" + gate)
	b.NoSideways()
	b.Shot("scan-" + gate + "-phone")
	b.Type("#code", code+kb.Enter)
	return b.Text("#verdict .verdict")
}

// TestDemoAgain starts the demonstration on one folder again and again, since the first
// start takes by far the longest: what was done is kept, and each looks at something.
func TestDemoAgain(t *testing.T) {
	folder := t.TempDir()
	var first demo
	t.Run("first", func(t *testing.T) { first = startDemo(t, folder) })
	t.Run("again", func(t *testing.T) {
		second := startDemo(t, folder)
		for email, password := range first.password {
			if second.password[email] != password {
				t.Errorf("%s has another password after a restart", email)
			}
		}
	})
	t.Run("camera", func(t *testing.T) { scanByCamera(t, folder) })
	t.Run("desktop", func(t *testing.T) { lookAtDesktop(t, folder) })
}

// scanByCamera has a browser that reads codes see one through its camera. A
// Chromium on Linux has a camera made of pictures, but no reader of codes of its
// own, so the reader is the one thing put in its place.
func scanByCamera(t *testing.T, folder string) {
	b := browsertest.Open(t, browsertest.PhoneWidth,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true))
	d := startDemo(t, folder)
	d.signIn(b, "door@example.org")
	b.Do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`window.BarcodeDetector = class {
			static async getSupportedFormats() { return ["qr_code"]; }
			async detect(video) { return video.readyState > 1 ? [{ rawValue: "NOT-A-BADGE" }] : []; }
		}`).Do(ctx)
		return err
	}))
	b.Go(d.url + "/door/e/rehearsal/main")
	b.Do(chromedp.Click("#camera-button", chromedp.NodeVisible, chromedp.ByQuery))
	verdict := b.Text("#verdict .verdict")
	b.Shot("verdict-attention-phone")
	if !strings.Contains(verdict, "ATTENTION") || !strings.Contains(verdict, "not the code of a badge") {
		t.Errorf("the camera's scan says %q", verdict)
	}
}

// lookAtDesktop looks at the main pages on a desk's screen. With
// CONVENE_TEST_SCREENSHOT it writes the picture that README.md shows to that
// file.
func lookAtDesktop(t *testing.T, folder string) {
	b := browsertest.Open(t, browsertest.DesktopWidth)
	d := startDemo(t, folder)
	for _, path := range []string{
		"/", "/events", "/network", "/cities", "/cities/hangzhou", "/e/iclc-2015", "/e/rehearsal", "/e/rehearsal/programme",
		"/e/rehearsal/programme?by=room", "/e/rehearsal/speakers", "/e/rehearsal/nutshell", "/e/iclc-2015/statement", "/e/rehearsal/register",
	} {
		b.Go(d.url + path)
		b.NoSideways()
	}
	b.Go(d.url + "/e/rehearsal")
	if file := os.Getenv("CONVENE_TEST_SCREENSHOT"); file != "" {
		b.ViewTo(file)
	}
	d.signIn(b, "organiser@example.org")
	for _, path := range []string{
		"/desk", "/desk/e/rehearsal", "/desk/e/rehearsal/delegates", "/desk/e/rehearsal/letters", "/desk/e/rehearsal/statement",
		"/desk/e/rehearsal/programme", "/desk/jobs", "/desk/audit",
	} {
		b.Go(d.url + path)
		b.NoSideways()
		b.Shot("desk" + strings.ReplaceAll(strings.TrimPrefix(path, "/desk"), "/", "-") + "-desktop")
	}
}
