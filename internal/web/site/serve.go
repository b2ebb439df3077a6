package site

import (
	"bytes"
	"context"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// How long a page is kept though nothing it was made from seems to have changed:
// its tabs and cross references follow records that no version counts.
const (
	keepUsually = 5 * time.Minute
	keepCounted = time.Minute // with figures that are computed from registrations
)

// page is what a handler asks serve for.
type page struct {
	view    string // the template: "site/home"
	path    string
	query   url.Values // with known values only; nil for none
	version string     // of what the page is made from
	keep    time.Duration
	fill    filler
}

// filler makes the page's struct for its template. It is given the frame, sets
// its title, and must not look at any one visitor.
type filler func(context.Context, base) (any, error)

// serve answers with the page in the visitor's language: from memory when it was
// made before from the same version. A hit takes no storage call and next to no
// allocation: what it needs is passed on only to make a page.
func (p *Pages) serve(c *fiber.Ctx, pg page) error {
	return p.keep(c, pg, kit.Printer(c).Lang(), p.htmlOf)
}

func (p *Pages) htmlOf(ctx context.Context, pg page, lang string) (*answer, error) {
	content, err := p.render(ctx, pg, lang)
	if err != nil {
		return nil, err
	}
	return newAnswer(fiber.MIMETextHTMLCharsetUTF8, lang, content), nil
}

// producer makes the answer that a page asks for.
type producer func(context.Context, page, string) (*answer, error)

// keep answers from memory, having the answer made when it is not there.
func (p *Pages) keep(c *fiber.Ctx, pg page, lang string, produce producer) error {
	key := cacheKey{pg.path, pg.query.Encode(), lang, pg.version}
	if a := p.cache.find(key, p.clock()); a != nil {
		return a.send(c)
	}
	a, err := p.produce(c.UserContext(), key, pg, produce)
	if err != nil {
		return err
	}
	return a.send(c)
}

func (p *Pages) produce(ctx context.Context, key cacheKey, pg page, produce producer) (*answer, error) {
	keep := pg.keep
	if keep == 0 {
		keep = keepUsually
	}
	return p.cache.get(key, p.clock(), keep, func() (*answer, error) { return produce(ctx, pg, key.lang) })
}

func (p *Pages) render(ctx context.Context, pg page, lang string) ([]byte, error) {
	b := base{p.kit.PublicFrame(lang, pg.path, "")}
	b.Index = true
	for i, l := range b.Languages {
		b.Languages[i].Href = href(pg.path, pg.query, "lang", l.Tag)
	}
	filled, err := pg.fill(ctx, b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := p.kit.Views.Execute(&out, pg.view, filled); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// href returns the path with the query and further parameters, names and values
// in turn. An empty value leaves its parameter out.
func href(path string, query url.Values, further ...string) string {
	all := url.Values{}
	for name := range query {
		all.Set(name, query.Get(name))
	}
	for i := 0; i+1 < len(further); i += 2 {
		all.Set(further[i], further[i+1])
		if further[i+1] == "" {
			all.Del(further[i])
		}
	}
	if len(all) == 0 {
		return path
	}
	return path + "?" + all.Encode()
}

// known keeps those of the address's parameters whose value the check knows; nil
// when there are none.
func known(c *fiber.Ctx, checks map[string]func(value string) bool) url.Values {
	var query url.Values
	for name, check := range checks {
		if value := c.Query(name); value != "" && check(value) {
			if query == nil {
				query = url.Values{}
			}
			query.Set(name, value)
		}
	}
	return query
}
