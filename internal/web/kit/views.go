package kit

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// Views holds every page template. Each is parsed and escaped when it is first asked
// for: all of them take longer than the rest of a start, and more memory than most
// programs ever need.
type Views struct{ pages map[string]madeOnce }

// madeOnce makes a page's template the first time, and returns it every time.
type madeOnce func() (*template.Template, error)

// layoutDir holds the layouts and partials that every page can use.
const layoutDir = "layout"

// Folders that hold no pages.
var notPages = map[string]bool{layoutDir: true, "messages": true, "static": true, "letters": true}

// NewViews takes the page templates of all folders, each together with the layouts and
// its own folder's underscored partials. A layout or partial that cannot be parsed, or
// that names a static file or icon that is not there, is an error; Check tells the same
// of pages.
func NewViews(fsys fs.FS, assets *Assets) (*Views, error) {
	p := &parser{fsys: fsys, assets: assets, funcs: functions(assets)}
	layouts := trees{}
	if err := p.parse(layouts, layoutDir, anyFile); err != nil {
		return nil, err
	}
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("kit: templates: %w", err)
	}
	v := &Views{pages: map[string]madeOnce{}}
	for _, folder := range folders {
		if !folder.IsDir() || notPages[folder.Name()] {
			continue
		}
		pages, folderErr := p.folder(folder.Name(), layouts)
		err = errors.Join(err, folderErr)
		maps.Copy(v.pages, pages)
	}
	return v, err
}

// Check makes all pages, and says of each what is wrong with it.
func (v *Views) Check() error {
	var faults []error
	for _, made := range v.pages {
		_, err := made()
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Execute writes the page to w.
func (v *Views) Execute(w io.Writer, name string, page any) error {
	made, ok := v.pages[name]
	if !ok {
		return fmt.Errorf("kit: there is no template %q", name)
	}
	t, err := made()
	if err != nil {
		return err
	}
	return t.Execute(w, page)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with the page; nothing is sent when the template fails. Unless
// the handler said otherwise, only the visitor's own browser may keep it, and
// has to ask again.
func (v *Views) Render(c *fiber.Ctx, name string, page any) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := v.Execute(b, name, page); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentLanguage, Printer(c).Lang())
	if len(c.Response().Header.Peek(fiber.HeaderCacheControl)) == 0 {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	c.Response().SetBody(b.Bytes()) // a copy; the buffer is used again
	return nil
}

// Render answers with the page that the named template makes: "site/home" is
// site/home.html. Another status than 200 is set before:
//
//	kit.Render(c.Status(fiber.StatusUnprocessableEntity), …)
func Render(c *fiber.Ctx, name string, page any) error {
	return of(c).kit.Views.Render(c, name, page)
}
