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
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	// same-origin, not no-referrer: the latter makes browsers send "Origin: null"
	// with our own forms. Other sites learn nothing either way.
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	if k.secure {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

func setPolicies(c *fiber.Ctx, p Permission) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicies[p])
	c.Set(fiber.HeaderPermissionsPolicy, permissionsPolicy(p))
	if p&(Framed|Letter) != 0 {
		c.Set(fiber.HeaderXFrameOptions, "SAMEORIGIN")
		return
	}
	c.Set(fiber.HeaderXFrameOptions, "DENY")
}

// contentPolicies holds the Content-Security-Policy for each combination.
var contentPolicies = func() (all [permissions]string) {
	for p := range permissions {
		all[p] = contentPolicy(p)
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
