// Package browsertest gives tests a real browser.
package browsertest

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screens that pages are looked at on.
const (
	PhoneWidth   = 390
	DesktopWidth = 1280
)

// patience is how long a test may use its browser: one that takes 30 s by itself
// takes several times that beside others, with the race detector on few cores.
const patience = 6 * time.Minute

// programs are the names that Chromium has.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Browser is one tab of a headless Chromium.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Open starts a browser with a profile of its own and a screen of that width.
// Without Chromium the test is skipped, or fails when CONVENE_TEST_REQUIRE is 1.
func Open(t testing.TB, width int, flags ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	program := find()
	if program == "" {
		const missing = "Chromium is missing: install it (Debian: apt-get install chromium) or name it in CONVENE_TEST_CHROMIUM"
		if os.Getenv("CONVENE_TEST_REQUIRE") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // it does not start as root with one, and only sees our own pages
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
	)
	allocator, stopBrowser := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	ctx, closeTab := chromedp.NewContext(allocator)
	ctx, stopWaiting := context.WithTimeout(ctx, patience)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // closes it gently, so that its profile can be removed
			t.Logf("browser: closing: %v", err)
		}
		stopWaiting()
		closeTab()
		stopBrowser()
	})
	b := &Browser{t: t, ctx: ctx}
	b.Do(
		screen(width),
		// A page that still glides has moved on when the click arrives.
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
	)
	return b
}

// screen is one of the width.
func screen(width int) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(int64(width), 844, 1, width < DesktopWidth/2)
}

// Resize gives the tab a screen of another width.
func (b *Browser) Resize(width int) {
	b.t.Helper()
	b.Do(screen(width))
}

func find() string {
	if named := os.Getenv("CONVENE_TEST_CHROMIUM"); named != "" {
		return named
	}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Do runs the actions one after the other.
func (b *Browser) Do(actions ...chromedp.Action) {
	b.t.Helper()
	err := chromedp.Run(b.ctx, actions...)
	var refused *cdproto.Error
	if errors.As(err, &refused) { // a page that is being left refuses; the next one does not
		time.Sleep(300 * time.Millisecond)
		err = chromedp.Run(b.ctx, actions...)
	}
	if err != nil {
		var address string
		_ = chromedp.Run(b.ctx, chromedp.Location(&address)) // only to say where it was
		b.Shot("failed")
		b.t.Fatalf("browser at %s: %v", address, err)
	}
}

// Go opens the page and waits until it has loaded.
func (b *Browser) Go(url string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(url))
}

// Text returns the visible text of the first element that the selector meets,
// waiting for it to be visible.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	var text string
	b.Do(chromedp.Text(selector, &text, chromedp.NodeVisible, chromedp.ByQuery))
	return text
}

// Click presses what the selector meets and waits for the page after it.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(selector, chromedp.NodeVisible, chromedp.ByQuery)); err != nil {
		b.Shot("failed")
		b.t.Fatalf("browser: clicking %s: %v", selector, err)
	}
}

// Type writes into the field.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.Do(chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Eval evaluates JavaScript and returns what it yields, or what its promise does.
func Eval[T any](b *Browser, script string) T {
	b.t.Helper()
	var result T
	b.Do(chromedp.Evaluate(script, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return result
}

// Listen has the function called with what the browser tells of the tab.
func (b *Browser) Listen(fn func(event any)) { chromedp.ListenTarget(b.ctx, fn) }

// Until evaluates the JavaScript condition until it holds.
func (b *Browser) Until(condition string) {
	b.t.Helper()
	b.Do(chromedp.Poll(condition, nil, chromedp.WithPollingTimeout(20*time.Second)))
}

// NoSideways fails the test when the page is wider than the screen.
func (b *Browser) NoSideways() {
	b.t.Helper()
	if over := Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		b.t.Errorf("%s is %d px wider than the screen", Eval[string](b, "location.pathname"), over)
	}
}

// Printed prints the page as its style sheet says, and returns the sheets' sizes in
// millimetres. The sheets are kept as name.pdf where Shot keeps pictures.
func (b *Browser) Printed(name string) []Sheet {
	b.t.Helper()
	var pdf []byte
	b.Do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
		return err
	}))
	if folder := os.Getenv("CONVENE_TEST_SHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".pdf"), pdf, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	var sheets []Sheet
	for _, box := range mediaBox.FindAllSubmatch(pdf, -1) {
		var points [2]float64
		for i := range points {
			var err error
			if points[i], err = strconv.ParseFloat(string(box[i+1]), 64); err != nil {
				b.t.Fatal(err)
			}
		}
		sheets = append(sheets, Sheet{millimetres(points[0]), millimetres(points[1])})
	}
	return sheets
}

// Sheet is the size of a printed page in millimetres.
type Sheet struct{ Width, Height int }

// A4 is the sheet that letters are printed on.
var A4 = Sheet{210, 297}

// mediaBox is where a PDF of Chromium says how large one of its pages is.
var mediaBox = regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`)

func millimetres(points float64) int { return int(math.Round(points / 72 * 25.4)) }

// Shot keeps a picture of the whole page as name.png in the folder that
// CONVENE_TEST_SHOTS names; without one it does nothing.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	if folder := os.Getenv("CONVENE_TEST_SHOTS"); folder != "" {
		b.ShotTo(filepath.Join(folder, name+".png"))
	}
}

// ShotTo writes a picture of the whole page to the file.
func (b *Browser) ShotTo(file string) {
	b.t.Helper()
	var png []byte
	if err := chromedp.Run(b.ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		b.t.Logf("browser: picture: %v", err)
		return
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// ViewTo writes a picture of what the screen shows to the file.
func (b *Browser) ViewTo(file string) {
	b.t.Helper()
	var png []byte
	b.Do(chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
