package kit

import (
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"convene/internal/i18n"
)

const languageCookie = "convene_lang"

// Language is one entry of the language menu.
type Language struct {
	Tag     string
	Name    string // in the language itself
	Dir     string
	Href    string // this page in that language
	Current bool
}

// chooseLanguage keeps the choice made by ?lang=.
func (k *Kit) chooseLanguage(c *fiber.Ctx) error {
	if lang := c.Query("lang"); lang != "" && k.messages.Speaks(lang) {
		r := of(c)
		r.printer, r.chosen = k.messages.For(lang), true
		k.setCookie(c, languageCookie, lang, 365*24*time.Hour)
	}
	return c.Next()
}

// Printer returns the printer of the language that the visitor reads: the one
// chosen with ?lang= or earlier (a cookie), else the first that the browser
// asks for, else the first configured.
func Printer(c *fiber.Ctx) *i18n.Printer {
	r := of(c)
	if r.printer != nil {
		return r.printer
	}
	c.Vary(fiber.HeaderAcceptLanguage, fiber.HeaderCookie)
	if lang := c.Cookies(languageCookie); r.kit.messages.Speaks(lang) {
		r.printer, r.chosen = r.kit.messages.For(lang), true
		return r.printer
	}
	r.printer = r.kit.messages.For(r.kit.languages.match(c.Get(fiber.HeaderAcceptLanguage)))
	return r.printer
}

// Prefer sets the language of the request, as for a delegate whose own is known,
// unless the visitor chose one.
func Prefer(c *fiber.Ctx, lang string) {
	r := of(c)
	Printer(c)
	if !r.chosen && lang != "" {
		r.printer = r.kit.messages.For(lang)
	}
}

// Speak sets the language of the request whatever the visitor reads, for a page that
// shows what others see.
func Speak(c *fiber.Ctx, lang string) {
	r := of(c)
	Printer(c)
	r.printer = r.kit.messages.For(lang)
}

// languageCache remembers what Accept-Language headers lead to: browsers send
// few different ones, and parsing costs more than all other middleware.
type languageCache struct {
	messages *i18n.Catalogue
	mu       sync.RWMutex
	known    map[string]string
}

// Beyond this many headers somebody is making them up.
const languageCacheSize = 512

func newLanguageCache(messages *i18n.Catalogue) *languageCache {
	return &languageCache{messages: messages, known: map[string]string{}}
}

func (l *languageCache) match(header string) string {
	l.mu.RLock()
	lang, ok := l.known[header]
	l.mu.RUnlock()
	if ok {
		return lang
	}
	lang = l.messages.Match(header)
	if len(header) <= 200 {
		l.mu.Lock()
		if len(l.known) < languageCacheSize {
			l.known[header] = lang
		}
		l.mu.Unlock()
	}
	return lang
}

func languageMenu(messages *i18n.Catalogue) []Language {
	var menu []Language
	for _, tag := range messages.Languages() {
		menu = append(menu, Language{Tag: tag, Name: capitalised(messages.For(tag).LanguageName(tag)), Dir: i18n.Direction(tag)})
	}
	return menu
}

func capitalised(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// languagesOf returns the menu for a page: hrefs keep the other parameters.
func (k *Kit) languagesOf(current string, href func(lang string) string) []Language {
	menu := make([]Language, len(k.menu))
	for i, l := range k.menu {
		l.Href, l.Current = href(l.Tag), l.Tag == current
		menu[i] = l
	}
	return menu
}
