package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// usualFiles are looked for, in this order, when no file is named.
var usualFiles = []string{"convene.yaml", "config/convene.yaml"}

// loadFile applies the YAML file: the one named, else the first usual one
// that exists, else none.
func (l *loader) loadFile(named string) {
	paths := usualFiles
	if named != "" {
		paths = []string{named}
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if named == "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			l.report(path, "cannot be read: "+reason(err), "give the path of a readable file, or none")
			return
		}
		f := yamlFile{loader: l, path: path, lines: map[string]int{}}
		f.load(content)
		return
	}
}

// reason is the cause of a file error without the path, which is said before.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// yamlFile applies one file. It walks nodes rather than decoding, for the
// sake of line numbers, and because a value's text is taken as it was
// written: the language no stays no, and a secret of digits stays whole.
type yamlFile struct {
	*loader
	path  string
	lines map[string]int // by key, to find those given twice
}

func (f *yamlFile) load(content []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return
	}
	if err != nil {
		f.reportSyntax(err)
		return
	}
	if root := resolve(document.Content[0]); root.Kind == yaml.MappingNode {
		f.section("", root)
	} else if !isNull(root) {
		f.report(f.at(root), "the file does not hold settings", "write lines of the form key: value")
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		f.report(f.at(&second), "a second document begins, which would be ignored", "remove the line ---")
	} else if !errors.Is(err, io.EOF) {
		f.reportSyntax(err)
	}
}

// yamlLine finds the line in an error of the YAML parser.
var yamlLine = regexp.MustCompile(`line (\d+): `)

func (f *yamlFile) reportSyntax(err error) {
	where, what := f.path, strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(what, "unknown anchor") {
		// The parser's message quotes the value, which may be a password.
		f.report(where, "a value begins with *, which has a meaning of its own in YAML", "put the value in double quotes")
		return
	}
	if m := yamlLine.FindStringSubmatchIndex(what); m != nil {
		where += ":" + what[m[2]:m[3]]
		what = what[:m[0]] + what[m[1]:]
	}
	f.report(where, "is not YAML: "+what,
		"look at this line and the one before; indent with spaces, and put values with special characters in double quotes")
}

func (f *yamlFile) at(n *yaml.Node) string { return f.path + ":" + strconv.Itoa(n.Line) }

// section applies the settings in a mapping, whose keys begin with prefix.
func (f *yamlFile) section(prefix string, mapping *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, node := mapping.Content[i], resolve(mapping.Content[i+1])
		key := prefix + name.Value
		if f.repeated(key, name, node) {
			continue
		}
		if o := find(key); o != nil {
			f.option(o, name, node)
		} else if names := inSection(key); names == nil {
			f.report(f.at(name), fmt.Sprintf("unknown key %q", key), unknownKeyFix(key))
		} else if node.Kind == yaml.MappingNode {
			f.section(key+".", node)
		} else if !isNull(node) {
			f.report(f.at(name), key+" is a section, not a setting",
				"indent its settings below it: "+strings.Join(names, ", "))
		}
	}
}

// repeated reports a setting given twice, and remembers the first. Sections
// may be given in parts.
func (f *yamlFile) repeated(key string, name, node *yaml.Node) bool {
	if node.Kind == yaml.MappingNode {
		return false
	}
	if line, ok := f.lines[key]; ok {
		f.report(f.at(name), key+" is given a second time", fmt.Sprintf("remove it here or in line %d", line))
		return true
	}
	f.lines[key] = name.Line
	return false
}

func (f *yamlFile) option(o *option, name, node *yaml.Node) {
	switch {
	case misread(node):
		f.report(f.at(name), o.Key+" begins with ! or &, which have a meaning of their own in YAML",
			"put the value in double quotes")
	case isNull(node): // as if the line were not there
	case node.Kind == yaml.ScalarNode:
		f.set(o, node.Value, f.at(name))
	case node.Kind == yaml.SequenceNode && o.Type == typeList:
		f.list(o, name, node)
	case node.Kind == yaml.SequenceNode:
		f.report(f.at(name), o.Key+" is a list, and takes one value", "write "+o.Type)
	default:
		f.report(f.at(name), o.Key+" is a section, and takes a value", "write "+o.Type)
	}
}

// list applies a sequence in the form that variables and flags have.
func (f *yamlFile) list(o *option, name, sequence *yaml.Node) {
	parts := make([]string, len(sequence.Content))
	for i, n := range sequence.Content {
		if n = resolve(n); n.Kind != yaml.ScalarNode {
			f.report(f.at(n), o.Key+" has something other than single values in it", "write a list such as [a, b]")
			return
		}
		parts[i] = n.Value
	}
	f.set(o, strings.Join(parts, ","), f.at(name))
}

// resolve returns the node that an alias stands for, or the node itself.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// misread reports whether YAML took the beginning of a value for a tag or an
// anchor, as happens to passwords: the value would be lost without a word.
func misread(n *yaml.Node) bool {
	return strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") || isNull(n) && n.Anchor != ""
}
