package kit

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// Views holds every page template, parsed and escaped.
type Views struct{ pages map[string]*template.Template }

// layoutDir holds the layouts and partials that every page can use.
const layoutDir = "layout"

// Folders that hold no pages.
var notPages = map[string]bool{layoutDir: true, "messages": true, "static": true, "letters": true}

// NewViews parses the page templates of all folders, each together with the
// layouts and its own folder's underscored partials. A template that cannot be
// parsed or escaped, or that names a static file or icon that is not there, is
// an error.
func NewViews(fsys fs.FS, assets *Assets) (*Views, error) {
	p := &parser{fsys: fsys, assets: assets}
	shared, err := p.parse(template.New("").Funcs(functions(assets)), layoutDir, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("kit: templates: %w", err)
	}
	v := &Views{pages: map[string]*template.Template{}}
	for _, folder := range folders {
		if folder.IsDir() && !notPages[folder.Name()] {
			err = errors.Join(err, v.addFolder(p, shared, folder.Name()))
		}
	}
	return v, err
}

func (v *Views) addFolder(p *parser, shared *template.Template, folder string) error {
	base, err := shared.Clone()
	if err != nil {
		return err
	}
	if base, err = p.parse(base, folder, isPartial); err != nil {
		return err
	}
	pages, err := p.names(folder, func(name string) bool { return !isPartial(name) })
	if err != nil {
		return err
	}
	for _, name := range pages {
		t, err := base.Clone()
		if err != nil {
			return err
		}
		if err := p.add(t, name); err != nil {
			return err
		}
		page := t.Lookup(name)
		if err := escape(page); err != nil {
			return fmt.Errorf("kit: template %s: %w", name, err)
		}
		v.pages[strings.TrimSuffix(name, ".html")] = page
	}
	return nil
}

func isPartial(name string) bool { return strings.HasPrefix(name, "_") }

// escape makes html/template do now what it does before the first execution,
// and so find what it cannot make safe. Missing data is no fault of a template.
func escape(t *template.Template) error {
	err := t.Execute(io.Discard, nil)
	var unsafe *template.Error
	if errors.As(err, &unsafe) {
		return err
	}
	return nil
}

// parser adds files to templates.
type parser struct {
	fsys   fs.FS
	assets *Assets
}

// names lists the folder's templates whose file name is wanted.
func (p *parser) names(folder string, wanted func(string) bool) ([]string, error) {
	files, err := fs.Glob(p.fsys, folder+"/*.html")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range files {
		if wanted(path.Base(name)) {
			names = append(names, name)
		}
	}
	return names, nil
}

func (p *parser) parse(t *template.Template, folder string, wanted func(string) bool) (*template.Template, error) {
	names, err := p.names(folder, wanted)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := p.add(t, name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (p *parser) add(t *template.Template, name string) error {
	content, err := fs.ReadFile(p.fsys, name)
	if err != nil {
		return err
	}
	if _, err := t.New(name).Parse(string(content)); err != nil {
		return fmt.Errorf("kit: %w", err)
	}
	if err := p.assets.checkNamed(string(content)); err != nil {
		return fmt.Errorf("kit: template %s: %w", name, err)
	}
	return nil
}

// Execute writes the page to w.
func (v *Views) Execute(w io.Writer, name string, page any) error {
	t, ok := v.pages[name]
	if !ok {
		return fmt.Errorf("kit: there is no template %q", name)
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
