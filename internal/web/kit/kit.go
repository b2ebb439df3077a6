// Package kit is everything HTTP that is not a page: the Fiber application with
// its middleware, templates and the frame around a page, forms, errors,
// sign-in, static files.
//
// A page is a struct that embeds [Frame], a template that begins with its
// layout, and a handler that ends with [Render]:
//
//	type homePage struct {
//		kit.Frame
//		Events []event.Event
//	}
//
//	func (s *Site) home(c *fiber.Ctx) error {
//		events, err := s.events.All(c.UserContext())
//		if err != nil {
//			return err
//		}
//		frame := kit.NewFrame(c, kit.Printer(c).T("home.title"))
//		return kit.Render(c, "site/home", homePage{frame, events})
//	}
//
// Functions that take a *fiber.Ctx find what belongs to the request in it, so
// handlers need no reference to the Kit.
package kit

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"convene/config"
	"convene/internal/account"
	"convene/internal/i18n"
	"convene/internal/limit"
	"convene/internal/store"
)

// Options are what a Kit is made of. All but Demo are needed; without a secret
// in the configuration one is made up for the life of the process.
type Options struct {
	Config   config.Config
	DB       *store.DB
	Accounts *account.Service
	Limiter  *limit.Limiter
	Messages *i18n.Catalogue
	Files    *Files
	Log      *slog.Logger
	Clock    func() time.Time
	Demo     bool // no letter leaves the machine; every page says so
}

// Kit is the application and what its pages share.
type Kit struct {
	App    *fiber.App
	Views  *Views
	Assets *Assets

	config    config.Config
	db        *store.DB
	accounts  *account.Service
	limiter   *limit.Limiter
	messages  *i18n.Catalogue
	log       *slog.Logger
	clock     func() time.Time
	demo      bool
	secure    bool // base_url is https
	languages *languageCache
	menu      []Language
	broken    map[string]brokenPage // by language
	keys      keys
	again     []string // routes of PostOrAgain
	stopping  atomic.Bool
}

// keys sign what travels through a browser, each its own purpose.
type keys struct{ csrf, flash []byte }

// Files are the templates and the static files. They never change, so that any
// number of kits may share them.
type Files struct {
	Views  *Views
	Assets *Assets
}

// Load reads the files: those of views.FS, but in tests. It fails when a template
// or static file is broken.
func Load(fsys fs.FS) (*Files, error) {
	assets, err := NewAssets(fsys, "static")
	if err != nil {
		return nil, err
	}
	views, err := NewViews(fsys, assets)
	return &Files{Views: views, Assets: assets}, err
}

// New makes the application with its middleware, /static, /healthz and /readyz;
// routes are added to App.
func New(o Options) (*Kit, error) {
	k := &Kit{
		Views: o.Files.Views, Assets: o.Files.Assets,
		config: o.Config, db: o.DB, accounts: o.Accounts, limiter: o.Limiter,
		messages: o.Messages, log: o.Log, clock: o.Clock, demo: o.Demo,
		secure:    strings.HasPrefix(o.Config.BaseURL, "https://"),
		languages: newLanguageCache(o.Messages),
		menu:      languageMenu(o.Messages),
		keys:      deriveKeys(o.Config.Secret.Reveal()),
	}
	var err error
	if k.broken, err = k.renderBroken(); err != nil {
		return nil, fmt.Errorf("kit: the page for internal errors: %w", err)
	}
	k.App = k.newApp()
	return k, nil
}

func (k *Kit) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:      "convene",
		ErrorHandler: k.answerError, // for requests that fasthttp gave up before any middleware
		BodyLimit:    int(k.config.HTTP.BodyLimit),
		ReadTimeout:  k.config.HTTP.ReadTimeout,
		WriteTimeout: k.config.HTTP.WriteTimeout,
		IdleTimeout:  k.config.HTTP.ReadTimeout,
		// The buffer holds all headers; cookies and long links need more than 4 KiB.
		ReadBufferSize: 16 << 10,
		Network:        fiber.NetworkTCP,
		// Strings from the context are copies, so that none of them changes under
		// whoever keeps it.
		Immutable: true,
		// Without the check Fiber believes everybody's X-Forwarded-* headers.
		EnableTrustedProxyCheck: true,
		TrustedProxies:          proxyStrings(k.config.Proxy.Trusted),
		DisableStartupMessage:   true,
	})
	// In-flight answers say "Connection: close" while stopping, or a busy
	// keep-alive connection would hold the shutdown up.
	app.Server().CloseOnShutdown = true
	// A file takes longer than the head of the request. Browsers open connections on
	// which they ask nothing; were all given that time, they would hold a shutdown up.
	app.Server().HeaderReceived = func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
		return fasthttp.RequestConfig{ReadTimeout: k.config.HTTP.UploadTimeout}
	}

	app.Get("/healthz", k.healthz)
	app.Get("/readyz", k.readyz)
	app.Use(k.observe, k.guard, k.protect)
	app.Get(staticPrefix+"*", k.Assets.handle)
	app.Use(k.mark, k.deadline, k.compress, k.chooseLanguage, k.checkCSRF, k.signedIn)
	return app
}

// Shutdown stops accepting connections, lets the requests in flight end and
// closes idle connections. Once ctx is done it returns its error without
// waiting any longer. From its beginning /readyz answers 503.
func (k *Kit) Shutdown(ctx context.Context) error {
	k.stopping.Store(true)
	return k.App.ShutdownWithContext(ctx)
}

func deriveKeys(secret string) keys {
	if secret == "" {
		secret = rand.Text()
	}
	derive := func(purpose string) []byte { return sign([]byte(secret), "convene "+purpose) }
	return keys{csrf: derive("csrf"), flash: derive("flash")}
}

// sign returns the HMAC-SHA256 of the text.
func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
