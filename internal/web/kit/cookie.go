package kit

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// cookieName returns the cookie's name in the browser. Over https the prefix
// __Host- makes browsers refuse one that was set by another host or without
// Secure.
func (k *Kit) cookieName(name string) string {
	if k.secure && name != languageCookie {
		return "__Host-" + name
	}
	return name
}

func (k *Kit) cookie(c *fiber.Ctx, name string) string { return c.Cookies(k.cookieName(name)) }

// setCookie sets a cookie that scripts cannot read. One that is to live zero or
// less is removed.
func (k *Kit) setCookie(c *fiber.Ctx, name, value string, life time.Duration) {
	cookie := &fiber.Cookie{
		Name: k.cookieName(name), Value: value, Path: "/",
		MaxAge: int(life / time.Second), Secure: k.secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
	if life <= 0 {
		cookie.Value, cookie.MaxAge, cookie.Expires = "", 0, time.Unix(1, 0)
	}
	c.Cookie(cookie)
}
