package kit

import (
	"fmt"
	"html/template"
	"iter"
	"regexp"
	"strings"
)

// functions are those that every template can use. None of them depends on a
// language: the frame speaks it.
//
//	{{asset "convene.css"}}           the file's address, with its checksum
//	{{icon "calendar"}}               an icon; words stand beside it
//	{{icon "arrow" "flip"}}           one that turns round in right-to-left languages
//	{{dict "a" 1 "b" .X}}             a map, to hand several things to a partial
//	{{list "a" "b"}}                  a list, to go through
//	{{field .Form "name" …}}          see Form
//	{{notice "good" .Text}}           for the partial "notice"
func functions(assets *Assets) template.FuncMap {
	return template.FuncMap{
		"asset":  assets.Path,
		"icon":   assets.icon,
		"dict":   dict,
		"field":  field,
		"notice": func(kind, text string) Notice { return Notice{Kind: NoticeKind(kind), Text: text} },
		"join":   strings.Join,
		"list":   func(items ...any) []any { return items },
	}
}

// icon is safe HTML: the name is one of icons.svg, classes are checked.
func (a *Assets) icon(name string, classes ...string) (template.HTML, error) {
	if !a.hasIcon(name) {
		return "", fmt.Errorf("kit: there is no icon %q", name)
	}
	for _, class := range classes {
		if !plainWord.MatchString(class) {
			return "", fmt.Errorf("kit: %q is not a class", class)
		}
	}
	address, err := a.Path("icons.svg")
	if err != nil {
		return "", err
	}
	class := strings.Join(append([]string{"icon"}, classes...), " ")
	return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="` + address + `#` + name + `"/></svg>`), nil
}

func (a *Assets) hasIcon(name string) bool {
	file, ok := a.byName["icons.svg"]
	return ok && plainWord.MatchString(name) && strings.Contains(string(file.content), `<symbol id="`+name+`"`)
}

var plainWord = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkNamed finds static files and icons that a template names and that are
// not there.
func (a *Assets) checkNamed(content string) error {
	for name := range arguments(content, `asset "`) {
		if _, err := a.Path(name); err != nil {
			return err
		}
	}
	for name := range arguments(content, `icon "`) {
		if !a.hasIcon(name) {
			return fmt.Errorf("there is no icon %q", name)
		}
	}
	return nil
}

// arguments yields the string literals that follow the call.
func arguments(content, call string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, found := strings.Cut(content, call)
			if !found {
				return
			}
			argument, after, _ := strings.Cut(rest, `"`)
			if !yield(argument) {
				return
			}
			content = after
		}
	}
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("kit: dict wants names and values in turn")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("kit: dict: %v is not a name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}
