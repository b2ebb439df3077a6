package kit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/problem"
)

// A form proves that one of our pages holds it by a token made from a random
// cookie and the secret, which no other site can read or make (a signed double
// submit; nothing is kept on the server).
const (
	csrfCookie = "convene_csrf"
	csrfField  = "_csrf"
	csrfHeader = "X-CSRF-Token"
	csrfLife   = 30 * 24 * time.Hour // a page may stay open for days
	csrfSize   = 32
)

// checkCSRF refuses every unsafe request without a proof that it comes from one
// of our pages.
func (k *Kit) checkCSRF(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions, fiber.MethodTrace:
		return c.Next()
	}
	if oneClick(c) || byProgram(c) {
		return c.Next()
	}
	if k.sameOrigin(c) && k.validCSRF(k.cookie(c, csrfCookie), sentToken(c)) {
		return c.Next()
	}
	if of(c).unproved = k.sameOrigin(c) && k.showsAgain(c); of(c).unproved {
		return c.Next() // to a route of PostOrAgain
	}
	return errForged
}

// PostOrAgain adds the route of a form that is long to fill in: post takes what was
// sent, and again shows the form with all that was typed when it came without its
// proof, most often because the cookie was gone. Then nothing may be changed.
func (k *Kit) PostOrAgain(path string, post, again fiber.Handler) {
	k.again = append(k.again, path)
	k.App.Post(path, func(c *fiber.Ctx) error {
		if !of(c).unproved {
			return post(c)
		}
		c.Status(fiber.StatusForbidden)
		return again(c)
	})
}

func (k *Kit) showsAgain(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodPost && slices.ContainsFunc(k.again, func(path string) bool {
		return fiber.RoutePatternMatch(c.Path(), path)
	})
}

// oneClick reports whether a mail program refuses letters for its reader (RFC
// 8058). It has none of our pages; the token in the address is its proof, and all
// that it can do is ask for fewer letters.
func oneClick(c *fiber.Ctx) bool {
	path := c.Path()
	return c.Method() == fiber.MethodPost && strings.HasPrefix(path, "/letters/") && strings.HasSuffix(path, "/stop") &&
		c.FormValue("List-Unsubscribe") == "One-Click"
}

// byProgram reports whether the address is one for programs. They have tokens of
// their own, which no browser sends of its own accord; cookies count for nothing
// there.
func byProgram(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), "/hooks/") }

var errForged = problem.New(problem.Forbidden, "error.forged.what")

func sentToken(c *fiber.Ctx) string {
	if token := c.Get(csrfHeader); token != "" {
		return token
	}
	return c.FormValue(csrfField)
}

// sameOrigin reads what browsers say about where a request comes from. Those
// that say nothing are judged by the token alone.
func (k *Kit) sameOrigin(c *fiber.Ctx) bool {
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" || origin == k.config.BaseURL {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, string(c.Request().Host()))
}

// csrfToken returns a token for a form, setting the cookie it belongs to when
// there is none. Each token looks different, so that compressing a page with it
// does not betray it (BREACH).
func (k *Kit) csrfToken(c *fiber.Ctx) string {
	r := of(c)
	if r.csrf == "" {
		r.csrf = k.csrfSeed(c)
	}
	pad := make([]byte, csrfSize)
	rand.Read(pad) // never fails
	masked := make([]byte, csrfSize)
	subtle.XORBytes(masked, sign(k.keys.csrf, r.csrf), pad)
	return base64.RawURLEncoding.EncodeToString(append(pad, masked...))
}

// csrfSeed returns the cookie's value, renewing the cookie's life.
func (k *Kit) csrfSeed(c *fiber.Ctx) string {
	seed := k.cookie(c, csrfCookie)
	if len(seed) < 20 || len(seed) > 64 {
		seed = rand.Text()
	}
	k.setCookie(c, csrfCookie, seed, csrfLife)
	return seed
}

func (k *Kit) validCSRF(seed, token string) bool {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != 2*csrfSize || seed == "" {
		return false
	}
	got := make([]byte, csrfSize)
	subtle.XORBytes(got, b[:csrfSize], b[csrfSize:])
	return hmac.Equal(got, sign(k.keys.csrf, seed))
}
