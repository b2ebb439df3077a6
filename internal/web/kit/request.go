package kit

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/i18n"
)

// request is what belongs to one request, kept in the Fiber context.
type request struct {
	kit     *Kit
	id      string
	through *fiber.Route   // the middleware passed last; still current when no route matched
	printer *i18n.Printer  // nil until the language is needed
	chosen  bool           // the visitor chose the language
	staff   *account.Staff // nil: not signed in
	csrf    string         // the cookie's value, once known
	allowed Permission

	unproved bool // a form without proof, which its route shows again

	deadline lateContext
}

type requestKey struct{}

// begin makes the request's state.
func (k *Kit) begin(c *fiber.Ctx) *request {
	r := &request{kit: k, id: requestID(c)}
	c.Locals(requestKey{}, r)
	return r
}

// of returns the request's state.
func of(c *fiber.Ctx) *request {
	r, ok := c.Locals(requestKey{}).(*request)
	if !ok {
		panic("kit: the request has not passed the middleware of kit.New")
	}
	return r
}

// mark notes the route of the middleware, so that the log can tell it from a
// page's.
func (k *Kit) mark(c *fiber.Ctx) error {
	of(c).through = c.Route()
	return c.Next()
}

// address returns path and parameters as they came. (Fiber's OriginalURL is the
// whole URL where a proxy sends it so.)
func address(c *fiber.Ctx) string {
	uri := c.Request().URI()
	path := string(uri.PathOriginal())
	if query := uri.QueryString(); len(query) > 0 {
		path += "?" + string(query)
	}
	return path
}
