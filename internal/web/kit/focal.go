package kit

import "github.com/gofiber/fiber/v2"

// focalCookie holds the session of a city's focal point. Staff have another: one
// person may be both.
const focalCookie = "convene_focal"

// FocalToken is the token of the focal point's session; empty where there is none.
func FocalToken(c *fiber.Ctx) string { return of(c).kit.cookie(c, focalCookie) }

// FocalSignIn keeps the token of a focal point's new session in the browser.
func FocalSignIn(c *fiber.Ctx, token string) {
	k := of(c).kit
	k.setCookie(c, focalCookie, token, k.config.Session.FocalLifetime)
}

// FocalSignOut has the browser forget the session, and the pages that it kept.
func FocalSignOut(c *fiber.Ctx) {
	of(c).kit.setCookie(c, focalCookie, "", 0)
	c.Set("Clear-Site-Data", `"cache"`)
}
