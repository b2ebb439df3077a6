package config

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// loadEnviron applies the variables that begin with CONVENE_. An empty one
// counts as not given, as compose files and charts pass on what is not set.
func (l *loader) loadEnviron(environ []string) {
	given := map[string]string{}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, envPrefix) && text != "" {
			given[name] = text
		}
	}
	for i := range table {
		l.loadVariable(&table[i], given)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !notOurs(name, given[name]) {
			l.report(name, "unknown variable", unknownVariableFix(name))
		}
	}
}

// loadVariable applies an option's variable, or its variant that names a
// file, and takes both out of those given.
func (l *loader) loadVariable(o *option, given map[string]string) {
	file := o.Env + "_FILE"
	text, direct := given[o.Env]
	path, indirect := given[file]
	delete(given, o.Env)
	delete(given, file)
	switch {
	case direct && indirect:
		l.report(o.Env, fmt.Sprintf("%s and %s are both given", o.Env, file), "remove one of them")
	case direct:
		l.set(o, text, o.Env)
	case indirect:
		l.loadVariableFile(o, file, path)
	}
}

func (l *loader) loadVariableFile(o *option, variable, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		l.report(variable, fmt.Sprintf("the file %s cannot be read: %s", path, reason(err)), "name a file that this user may read")
		return
	}
	text := strings.TrimSpace(string(content))
	if text == "" {
		l.report(variable, fmt.Sprintf("the file %s is empty", path), "write the value into it, or remove the variable")
		return
	}
	l.set(o, text, variable)
}

var (
	serviceName = regexp.MustCompile(`_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)
	serviceLink = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)

// notOurs reports whether a variable that is no option has another reason to
// be there. Kubernetes sets CONVENE_SERVICE_HOST, CONVENE_PORT=tcp://… and
// their like in every pod beside a service named convene. CONVENE_TEST_… is
// for tests of this program.
func notOurs(name, text string) bool {
	return strings.HasPrefix(name, envPrefix+"TEST_") ||
		serviceName.MatchString(name) ||
		strings.HasSuffix(name, "_PORT") && serviceLink.MatchString(text)
}

func unknownVariableFix(name string) string {
	stem, isFile := strings.CutSuffix(name, "_FILE")
	names := make([]string, len(table))
	for i, o := range table {
		names[i] = strings.TrimPrefix(o.Env, envPrefix)
	}
	near := nearest(strings.TrimPrefix(stem, envPrefix), names)
	if near == "" {
		return "remove it; `convene config` lists all settings"
	}
	if isFile {
		near += "_FILE"
	}
	return "did you mean " + envPrefix + near + "?"
}

// loadFlags applies the values that the caller took from the command line.
func (l *loader) loadFlags(flags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		if o := find(key); o != nil {
			l.set(o, flags[key], "flag "+key)
		} else {
			l.report("flag "+key, "unknown key", unknownKeyFix(key))
		}
	}
}
