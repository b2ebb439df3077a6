package kit

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"path"
	"strings"
	"sync"
	texttemplate "text/template"
	"text/template/parse"
)

// parser reads template files.
type parser struct {
	fsys   fs.FS
	assets *Assets
	funcs  template.FuncMap
}

// trees are parsed templates by the name they are called by.
type trees map[string]*parse.Tree

// folder takes the pages of a folder, each with what it uses of its folder's partials
// and of the layouts.
func (p *parser) folder(folder string, layouts trees) (map[string]madeOnce, error) {
	partials := maps.Clone(layouts)
	if err := p.parse(partials, folder, isPartial); err != nil {
		return nil, err
	}
	files, err := p.files(folder, func(name string) bool { return !isPartial(name) })
	if err != nil {
		return nil, err
	}
	pages := map[string]madeOnce{}
	for _, file := range files {
		pages[strings.TrimSuffix(file, path.Ext(file))] = sync.OnceValues(func() (*template.Template, error) { return p.page(file, partials) })
	}
	return pages, nil
}

func (p *parser) page(file string, partials trees) (*template.Template, error) {
	known := maps.Clone(partials)
	if err := p.parseFile(known, file); err != nil {
		return nil, err
	}
	set := template.New("").Funcs(p.funcs)
	if err := link(set, file, known); err != nil {
		return nil, fmt.Errorf("kit: template %s: %w", file, err)
	}
	page := set.Lookup(file)
	if err := escape(page); err != nil {
		return nil, fmt.Errorf("kit: template %s: %w", file, err)
	}
	return page, nil
}

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

// link adds the named template and whatever it calls to the set, as copies,
// since escaping changes them. Cloning a set with everything in it for each page
// takes twice the time and memory.
func link(set *template.Template, name string, known trees) error {
	tree, ok := known[name]
	if !ok || set.Lookup(name) != nil {
		return nil // one that is missing is found when the page is escaped
	}
	if _, err := set.AddParseTree(name, tree.Copy()); err != nil {
		return err
	}
	for _, called := range calls(tree.Root) {
		if err := link(set, called, known); err != nil {
			return err
		}
	}
	return nil
}

// calls returns the names in the {{template}} actions of the node.
func calls(node parse.Node) []string {
	switch n := node.(type) {
	case *parse.TemplateNode:
		return []string{n.Name}
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		var all []string
		for _, child := range n.Nodes {
			all = append(all, calls(child)...)
		}
		return all
	case *parse.IfNode:
		return append(calls(n.List), calls(n.ElseList)...)
	case *parse.RangeNode:
		return append(calls(n.List), calls(n.ElseList)...)
	case *parse.WithNode:
		return append(calls(n.List), calls(n.ElseList)...)
	}
	return nil
}

func isPartial(name string) bool { return strings.HasPrefix(name, "_") }

func anyFile(string) bool { return true }

// files lists the folder's templates whose base name is wanted.
func (p *parser) files(folder string, wanted func(string) bool) ([]string, error) {
	all, err := fs.Glob(p.fsys, folder+"/*.html")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range all {
		if wanted(path.Base(name)) {
			names = append(names, name)
		}
	}
	return names, nil
}

// parse adds what the folder's wanted files define.
func (p *parser) parse(to trees, folder string, wanted func(string) bool) error {
	files, err := p.files(folder, wanted)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := p.parseFile(to, file); err != nil {
			return err
		}
	}
	return nil
}

// parseFile adds what the file defines, and the rest of it under its own name.
func (p *parser) parseFile(to trees, file string) error {
	content, err := fs.ReadFile(p.fsys, file)
	if err != nil {
		return err
	}
	t, err := texttemplate.New(file).Funcs(texttemplate.FuncMap(p.funcs)).Parse(string(content))
	if err != nil {
		return fmt.Errorf("kit: %w", err)
	}
	if err := p.assets.checkNamed(string(content)); err != nil {
		return fmt.Errorf("kit: template %s: %w", file, err)
	}
	for _, defined := range t.Templates() {
		to[defined.Name()] = defined.Tree
	}
	return nil
}
