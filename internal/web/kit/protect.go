package kit

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Permission is something that the security headers forbid unless a page's
// route allows it.
type Permission uint8

// What a route may allow.
const (
	Camera      Permission = 1 << iota // the page may ask for the camera
	WebAssembly                        // its scripts may run WebAssembly
	Frames                             // it may show our own pages in frames
	Framed                             // our own pages may show it in a frame
	Letter                             // it is a letter: styled inline, harmless, framed by our own pages
	permissions                        // one more than the greatest combination
)

// Allow is middleware for the routes whose pages need the permissions:
//
//	app.Group("/door", kit.Allow(kit.Camera|kit.WebAssembly))
func Allow(p Permission) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r := of(c)
		r.allowed |= p
		setPolicies(c, r.allowed)
		return c.Next()
	}
}

// protect sets the security headers.
func (k *Kit) protect(c *fiber.Ctx) error {
	k.setProtection(c)
	return c.Next()
}

func (k *Kit) setProtection(c *fiber.Ctx) {
	setPolicies(c, 0)
	h := &c.Response().Header
	for _, p := range protections {
		h.SetCanonical(p.name, p.value)
	}
	if k.secure {
		h.SetCanonical(transportSecurity.name, transportSecurity.value)
	}
}

// header is one as fasthttp wants it, made once: these go with every answer.
type header struct{ name, value []byte }

func newHeader(name, value string) header { return header{[]byte(name), []byte(value)} }

var (
	protections = []header{
		newHeader(fiber.HeaderXContentTypeOptions, "nosniff"),
		// same-origin, not no-referrer: the latter makes browsers send "Origin: null"
		// with our own forms. Other sites learn nothing either way.
		newHeader(fiber.HeaderReferrerPolicy, "same-origin"),
		newHeader("Cross-Origin-Opener-Policy", "same-origin"),
		newHeader("Cross-Origin-Resource-Policy", "same-origin"),
	}
	transportSecurity = newHeader(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
)

func setPolicies(c *fiber.Ctx, p Permission) {
	h := &c.Response().Header
	for _, policy := range policies[p] {
		h.SetCanonical(policy.name, policy.value)
	}
}

// policies holds the headers for each combination of permissions.
var policies = func() (all [permissions][]header) {
	for p := range permissions {
		framing := "DENY"
		if p&(Framed|Letter) != 0 {
			framing = "SAMEORIGIN"
		}
		all[p] = []header{
			newHeader(fiber.HeaderContentSecurityPolicy, contentPolicy(p)),
			newHeader(fiber.HeaderPermissionsPolicy, permissionsPolicy(p)),
			newHeader(fiber.HeaderXFrameOptions, framing),
		}
	}
	return all
}()

func contentPolicy(p Permission) string {
	if p&Letter != 0 {
		return "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'self'; " +
			"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
	}
	choose := func(allowed Permission, yes, no string) string {
		if p&allowed != 0 {
			return yes
		}
		return no
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'" + choose(WebAssembly, " 'wasm-unsafe-eval'", ""),
		"style-src 'self'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self'",
		"worker-src 'self'",
		"manifest-src 'self'",
		"frame-src " + choose(Frames, "'self'", "'none'"),
		"frame-ancestors " + choose(Framed, "'self'", "'none'"),
		"form-action 'self'",
		"base-uri 'none'",
	}, "; ")
}

func permissionsPolicy(p Permission) string {
	const rest = ", microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
	if p&Camera != 0 {
		return "camera=(self)" + rest
	}
	return "camera=()" + rest
}
