package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Setting is an option's value in force, fit to be shown to anyone.
type Setting struct {
	Key    string
	Value  string // without secrets, as in "(hidden, 44 characters)"
	Source string // "default", "file:line", a variable or "flag KEY"
	Secret bool
}

// Effective returns every setting with its value in force and where that
// came from, in the order of Options.
func (c Config) Effective() []Setting {
	all := make([]Setting, len(table))
	for i, o := range table {
		source := "default"
		if c.given(o.Key) {
			source = c.sources[o.Key]
		}
		all[i] = Setting{Key: o.Key, Value: o.value(&c).show(), Source: source, Secret: o.Secret}
	}
	return all
}

// Example returns the documented configuration file: every option with its
// explanation and its default. It is what config/convene.yaml holds.
func Example() string {
	var b strings.Builder
	comment(&b, "", "The configuration of convene: every setting, with its default.")
	comment(&b, "", "Keep only the lines you change. Each setting can also be given by the environment variable named "+
		"beside it, or by a file that the same variable with _FILE at its end names, as for secrets kept by "+
		"Docker or Kubernetes. Variables win over this file, and flags win over both. Lists in a variable are "+
		"separated by commas. `convene config` shows the settings in force and where each comes from.")
	open := ""
	for _, o := range table {
		section, name, nested := strings.Cut(o.Key, ".")
		if !nested {
			section, name = "", o.Key
		}
		b.WriteString("\n")
		if section != open && nested {
			comment(&b, "", sections[section])
			b.WriteString(section + ":\n")
		}
		open = section
		indent := strings.Repeat("  ", strings.Count(o.Key, "."))
		comment(&b, indent, o.Doc)
		comment(&b, indent, fmt.Sprintf("(%s; %s)", o.Type, o.Env))
		fmt.Fprintf(&b, "%s%s: %s\n", indent, name, yamlDefault(o.Option))
	}
	return b.String()
}

func yamlDefault(o Option) string {
	switch o.Type {
	case typeList:
		return "[" + o.Default + "]"
	case typeNumber, typeBool:
		return o.Default
	}
	text, err := yaml.Marshal(o.Default)
	if err != nil {
		panic(err) // a string can always be marshalled
	}
	return strings.TrimSpace(string(text))
}

// comment writes text as comment lines of at most 100 columns.
func comment(b *strings.Builder, indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 100 {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
