package seeds

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Fault is one mistake in one seed file, told in a sentence the person who
// wrote the file understands. Every error of this package that speaks of the
// content of a file is a *Fault or an errors.Join of several.
type Fault struct {
	File    string // name inside the file system, such as "cities/cork.yaml"
	Line    int    // counted from 1; 0 when the whole file is meant
	Message string
}

// Error tells the fault in the form "cities/cork.yaml:12: sentence".
func (f *Fault) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// problem is what a check finds: a sentence and the place it speaks of. The
// place is a path of keys and list positions (from 0) joined by dots, relative
// to the value checked: "figures.population.year", "challenges.2". An empty
// path means the value itself; a path that the file does not hold falls back to
// the nearest part that it does hold.
type problem struct {
	path    string
	message string
}

// at makes a problem; the message is formatted as by fmt.Sprintf.
func at(path, format string, args ...any) problem {
	return problem{path: path, message: fmt.Sprintf(format, args...)}
}

// checker is a value that knows rules of its own. decode calls check on every
// value of a document that has it with a value receiver, outermost first.
type checker interface {
	check() []problem
}

// decode reads the one YAML document of a file into a T. It is stricter than
// the YAML package:
//
//   - every key must belong to a field of T, and may stand once;
//   - a field is required unless its tag says omitempty;
//   - a value must have the field's type as written: no number for a text, no
//     quoted number for a number, no empty value (leave the key out instead);
//   - anchors, aliases, merge keys and second documents are refused;
//   - no text may hold an address that could belong to a real person.
//
// Then come the rules of the values themselves (checker) and the checks given,
// which see the whole document and may know of other files. All faults of the
// file are reported together, in the order of their lines.
//
// T may be built of structs, maps with string keys, slices, pointers, strings,
// booleans, integers, floats, time.Time and types that unmarshal themselves.
func decode[T any](fsys fs.FS, name string, checks ...func(T) []problem) (T, error) {
	var value T
	r := &reader{file: name, lines: map[string]int{}}
	root := r.parse(fsys)
	if root == nil {
		return value, r.err()
	}
	r.read(reflect.ValueOf(&value).Elem(), root, "")
	unread := slices.Clone(r.faulty)
	r.judge(reflect.ValueOf(&value).Elem(), "", unread)
	for _, check := range checks {
		r.report("", check(value), unread)
	}
	return value, r.err()
}

// reader carries the faults and the line of every path through one decode.
type reader struct {
	file   string
	lines  map[string]int
	faulty []string // paths that could not be read
	faults []*Fault
}

// err joins the faults in the order of their lines; nil when there are none.
func (r *reader) err() error {
	slices.SortFunc(r.faults, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Message, b.Message))
	})
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// fault notes a fault at a path; the path opens the sentence, so that a person
// can find the place in a line that holds several values.
func (r *reader) fault(path string, line int, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	r.faults = append(r.faults, &Fault{File: r.file, Line: line, Message: message})
}

// refuse notes a fault that leaves the value at path unread.
func (r *reader) refuse(path string, line int, format string, args ...any) {
	r.faulty = append(r.faulty, path)
	r.fault(path, line, format, args...)
}

// parse returns the root of the file's only document, or nil after a fault.
func (r *reader) parse(fsys fs.FS) *yaml.Node {
	data, err := fs.ReadFile(fsys, r.file)
	if err != nil {
		r.fault("", 0, "the file cannot be read: %v", err)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); err != nil {
		r.syntax(err)
		return nil
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		r.fault("", next.Line, "a second document begins here; a seed file holds one")
		return nil
	case !errors.Is(err, io.EOF):
		r.syntax(err)
		return nil
	}
	return doc.Content[0]
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax turns an error of the YAML parser, which names the line in its text,
// into a fault. The parser counts some of its lines from 0 and does not say
// which, so the sentence allows for one line more.
func (r *reader) syntax(err error) {
	if errors.Is(err, io.EOF) {
		r.fault("", 0, "the file is empty")
		return
	}
	text := err.Error()
	line := 0
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	r.fault("", line, "here or on the next line the file is not YAML: %s", text)
}

var (
	timeType            = reflect.TypeFor[time.Time]()
	yamlUnmarshalerType = reflect.TypeFor[yaml.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// readsItself tells whether values of the type have their own way to be read.
func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t == timeType || p.Implements(yamlUnmarshalerType) || p.Implements(textUnmarshalerType)
}

// read fills v from the node and notes the line of every path below it.
func (r *reader) read(v reflect.Value, n *yaml.Node, path string) {
	if _, known := r.lines[path]; !known {
		r.lines[path] = n.Line
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.refuse(path, n.Line, "anchors and aliases are not allowed; write the value out")
	case n.ShortTag() == "!!null":
		r.refuse(path, n.Line, "the value is empty; leave the key out instead")
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.read(v.Elem(), n, path)
	case readsItself(v.Type()):
		if err := n.Decode(v.Addr().Interface()); err != nil {
			r.refuse(path, n.Line, "%q is not understood: %v", n.Value, err)
		}
	case v.Kind() == reflect.Struct:
		r.readStruct(v, n, path)
	case v.Kind() == reflect.Map:
		r.readMap(v, n, path)
	case v.Kind() == reflect.Slice:
		r.readSlice(v, n, path)
	default:
		r.readScalar(v, n, path)
	}
}

// entries calls yield for each key of a mapping, refusing the keys that are no
// texts or stand there already.
func (r *reader) entries(n *yaml.Node, path string, yield func(key string, line int, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.refuse(path, n.Line, "expected keys with values, found %s", describe(n))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			r.refuse(path, key.Line, "the key must be a text, found %s", describe(key))
			continue
		}
		if line, seen := first[key.Value]; seen {
			r.fault(path, key.Line, "the key %q stands here again; it was given on line %d", key.Value, line)
			continue
		}
		first[key.Value] = key.Line
		r.lines[join(path, key.Value)] = key.Line
		yield(key.Value, key.Line, value)
	}
}

func (r *reader) readStruct(v reflect.Value, n *yaml.Node, path string) {
	fields := fieldsOf(v.Type())
	given := map[string]bool{}
	r.entries(n, path, func(key string, line int, value *yaml.Node) {
		f, known := fields[key]
		if !known {
			r.refuse(join(path, key), line, "this key is not known; known here: %s",
				strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			return
		}
		given[key] = true
		r.read(v.Field(f.index), value, join(path, key))
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if fields[key].required && !given[key] {
			r.refuse(join(path, key), r.lines[path], "this key is missing")
		}
	}
}

func (r *reader) readMap(v reflect.Value, n *yaml.Node, path string) {
	v.Set(reflect.MakeMap(v.Type()))
	r.entries(n, path, func(key string, _ int, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		r.read(element, value, join(path, key))
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), element)
	})
}

func (r *reader) readSlice(v reflect.Value, n *yaml.Node, path string) {
	if n.Kind != yaml.SequenceNode {
		r.refuse(path, n.Line, "expected a list, found %s", describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		r.read(v.Index(i), item, join(path, strconv.Itoa(i)))
	}
}

func (r *reader) readScalar(v reflect.Value, n *yaml.Node, path string) {
	want, tags := scalarOf(v.Type())
	if n.Kind != yaml.ScalarNode || !slices.Contains(tags, n.ShortTag()) {
		r.refuse(path, n.Line, "expected %s, found %s", want, describe(n))
		return
	}
	if holdsAddress(n.Value) {
		r.refuse(path, n.Line, "a text may hold no \"@\": addresses of real people have no place in the seeds")
		return
	}
	err := n.Decode(v.Addr().Interface())
	if err != nil || v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		r.refuse(path, n.Line, "expected %s, found %s", want, describe(n))
	}
}

// scalarOf names the kind of value a type wants and the YAML tags that do.
// A date left unquoted is a text as good as any.
func scalarOf(t reflect.Type) (string, []string) {
	switch t.Kind() {
	case reflect.String:
		return "a text", []string{"!!str", "!!timestamp"}
	case reflect.Bool:
		return "true or false", []string{"!!bool"}
	case reflect.Float32, reflect.Float64:
		return "a number", []string{"!!int", "!!float"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number", []string{"!!int"}
	}
	panic("seeds: a document cannot hold a " + t.String())
}

// describe names what stands in the file, for "found ...".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	}
	names := map[string]string{
		"!!str": "the text", "!!int": "the number", "!!float": "the number",
		"!!bool": "the yes-or-no", "!!timestamp": "the date",
	}
	return cmp.Or(names[n.ShortTag()], "the value") + fmt.Sprintf(" %q", n.Value)
}

var reservedAddress = regexp.MustCompile(`^[\w.+-]+@([\w-]+\.)*(example\.(org|com|net)|test|example)$`)

// holdsAddress tells whether the text holds an "@" in anything but an address
// under the names reserved for examples, which reach nobody (RFC 2606).
func holdsAddress(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if strings.Contains(word, "@") && !reservedAddress.MatchString(word) {
			return true
		}
	}
	return false
}

// field is one key of a struct.
type field struct {
	index    int
	required bool
}

// fieldsOf lists the keys of a struct by the yaml tags of its exported fields.
func fieldsOf(t reflect.Type) map[string]field {
	fields := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = field{index: i, required: options != "omitempty"}
	}
	return fields
}

// judge calls the checks of v and of all it holds.
func (r *reader) judge(v reflect.Value, path string, unread []string) {
	// A key that is not in the file has nothing to be judged.
	if _, present := r.lines[path]; !present {
		return
	}
	if v.Kind() == reflect.Pointer {
		// A pointer has the methods of its element, which is judged below.
		if !v.IsNil() {
			r.judge(v.Elem(), path, unread)
		}
		return
	}
	if c, ok := v.Interface().(checker); ok {
		r.report(path, c.check(), unread)
	}
	switch {
	case readsItself(v.Type()):
	case v.Kind() == reflect.Struct:
		for key, f := range fieldsOf(v.Type()) {
			r.judge(v.Field(f.index), join(path, key), unread)
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			r.judge(v.MapIndex(key), join(path, key.String()), unread)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			r.judge(v.Index(i), join(path, strconv.Itoa(i)), unread)
		}
	}
}

// report turns problems into faults, except those that merely follow from a
// value which could not be read.
func (r *reader) report(base string, problems []problem, unread []string) {
	for _, p := range problems {
		path := join(base, p.path)
		follows := slices.ContainsFunc(unread, func(bad string) bool {
			return path == bad || strings.HasPrefix(path, bad+".")
		})
		if !follows {
			r.fault(path, r.lineOf(path), "%s", p.message)
		}
	}
}

// lineOf returns the line of the path or of the nearest part above it.
func (r *reader) lineOf(path string) int {
	for {
		if line, ok := r.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
}

// join puts two paths together, of which either may be empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}
