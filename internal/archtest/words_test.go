package archtest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"convene/config"
)

// documents are what people read before they use the program.
var documents = []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md"}

// delivery are the files by which machines use it.
var delivery = []string{"Dockerfile", "docker-compose.yml", "config/deploy/Caddyfile", ".ci/run"}

// TestCommands builds the program and asks it for help on every command that
// the documents tell.
func TestCommands(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "convene")
	goCommand(t, "build", "-buildvcs=false", "-o", program, "./cmd/convene")
	help := func(words ...string) (string, bool) {
		out, err := exec.Command(program, append(words, "--help")...).CombinedOutput()
		return string(out), err == nil
	}
	told := map[string]bool{}
	for _, name := range append(documents, delivery...) {
		for _, c := range commandsIn(read(t, name)) {
			report(t, c.faults(name, help))
			told[c.words[0]] = true
		}
	}
	for _, name := range []string{"serve", "demo", "seed", "user", "config", "doctor", "copy", "export", "import"} {
		if !told[name] {
			t.Errorf("no document tells of convene %s", name)
		}
	}
}

// command is a use of the program in a document.
type command struct{ words, flags []string }

var (
	inline    = regexp.MustCompile("`([^`\n]+)`")
	fenced    = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```")
	use       = regexp.MustCompile(`(?:\./cmd/convene|\bconvene(?:-[12])?|/convene|convene:\S+) ((?:[a-z]+)(?: add\b)?)\b([^|>&;#\n]*)`)
	longFlag  = regexp.MustCompile(`(?:^|\s)(--[a-z][a-z-]*)`)
	goPackage = regexp.MustCompile(`(?m)^.*\bgo (test|vet|build)\b.*$`)
)

// commandsIn finds the uses of the program in Markdown's code, or in comments
// that show one on a line of its own.
func commandsIn(content string) (all []command) {
	var code []string
	for _, m := range fenced.FindAllStringSubmatch(content, -1) {
		code = append(code, m[1])
	}
	for _, m := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(content, ""), -1) {
		if strings.HasPrefix(m[1], "convene ") || strings.Contains(m[1], "cmd/convene ") {
			code = append(code, m[1])
		}
	}
	for line := range strings.Lines(content) {
		if shown, ok := strings.CutPrefix(line, "#   "); ok {
			code = append(code, shown)
		}
	}
	for _, text := range code {
		text = goPackage.ReplaceAllString(text, "")
		for _, m := range use.FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", " "), -1) {
			c := command{words: strings.Fields(m[1])}
			for _, flag := range longFlag.FindAllStringSubmatch(m[2], -1) {
				c.flags = append(c.flags, flag[1])
			}
			all = append(all, c)
		}
	}
	return all
}

// faults finds what the program does not know of the command.
func (c command) faults(document string, help func(words ...string) (string, bool)) (faults []string) {
	text, ok := help(c.words...)
	if !ok {
		return []string{fmt.Sprintf("%s: there is no command convene %s", document, strings.Join(c.words, " "))}
	}
	for _, flag := range c.flags {
		if !regexp.MustCompile(regexp.QuoteMeta(flag) + `\b`).MatchString(text) {
			faults = append(faults, fmt.Sprintf("%s: convene %s has no %s", document, strings.Join(c.words, " "), flag))
		}
	}
	return faults
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, name := range append(documents, delivery...) {
		report(t, unknownOptions(name, read(t, name), testVariables(t)))
	}
}

var (
	variableName = regexp.MustCompile(`\bCONVENE_[A-Z_]*[A-Z]\b`)
	dottedKey    = regexp.MustCompile("[`= ]([a-z_]+)\\.([a-z_]+)\\b")
)

// testVariables lists the variables that tests read.
func testVariables(t *testing.T) []string {
	var all []string
	for _, name := range files(t) {
		if strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "internal/archtest/") {
			all = append(all, regexp.MustCompile(`\bCONVENE_TEST_[A-Z_]+\b`).FindAllString(read(t, name), -1)...)
		}
	}
	return all
}

// unknownOptions finds variables and dotted keys that are no options.
func unknownOptions(document, content string, tests []string) (faults []string) {
	for _, name := range variableName.FindAllString(content, -1) {
		if !knownVariable(name) && !slices.Contains(tests, name) {
			faults = append(faults, fmt.Sprintf("%s: %s is no option", document, name))
		}
	}
	sections, keys := map[string]bool{}, map[string]bool{}
	for _, o := range config.Options() {
		section, _, dotted := strings.Cut(o.Key, ".")
		sections[section] = sections[section] || dotted
		keys[o.Key] = true
	}
	for _, code := range inline.FindAllString(content, -1) {
		for _, m := range dottedKey.FindAllStringSubmatch(code, -1) {
			if key := m[1] + "." + m[2]; sections[m[1]] && !keys[key] {
				faults = append(faults, fmt.Sprintf("%s: there is no option %s", document, key))
			}
		}
	}
	return faults
}

func TestPaths(t *testing.T) {
	t.Parallel()
	there := func(name string) bool {
		_, err := fs.Stat(os.DirFS(root), name)
		return err == nil
	}
	for _, name := range documents {
		report(t, deadPaths(name, read(t, name), there))
	}
}

var (
	pathInCode = regexp.MustCompile(`^(?:\./)?((?:\.ci|cmd|config|docs|internal|seeds|views)/[\w./-]*|[A-Z]\w+\.md|docker-compose\.yml|Dockerfile)$`)
	linkTarget = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
)

// deadPaths finds files and folders that a document names and that are not
// there. A path with a placeholder in it is not looked at.
func deadPaths(document, content string, there func(name string) bool) (faults []string) {
	check := func(name string) {
		if name = strings.Trim(name, "/"); !there(name) {
			faults = append(faults, fmt.Sprintf("%s: there is no %s", document, name))
		}
	}
	for _, m := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(content, ""), -1) {
		if p := pathInCode.FindStringSubmatch(m[1]); p != nil {
			check(strings.TrimSuffix(p[1], "/..."))
		}
	}
	for _, m := range linkTarget.FindAllStringSubmatch(content, -1) {
		check(filepath.ToSlash(filepath.Join(filepath.Dir(document), m[1])))
	}
	return faults
}

func TestWordsAreRefused(t *testing.T) {
	t.Parallel()
	help := func(words ...string) (string, bool) {
		return "  --addr=HOST:PORT  --role=ROLE", slices.Contains([]string{"serve", "user add"}, strings.Join(words, " "))
	}
	text := "Run `convene serve --addr :80`, or `convene brew`.\n\n```sh\ngo run ./cmd/convene serve --port 80\n" +
		"docker compose run --rm convene-1 user add a@example.org \\\n  --rolle door\nconvene user remove\ngo test ./cmd/convene serve\n```\n"
	var got []string
	for _, c := range commandsIn(text) {
		got = append(got, c.faults("README.md", help)...)
	}
	slices.Sort(got)
	expect(t, got, []string{"serve has no --port", "user add has no --rolle", "no command convene brew", "no command convene user"})

	expect(t, unknownOptions("README.md", "CONVENE_SMTP_HOST, CONVENE_SMPT_HOST, CONVENE_TEST_ALL, CONVENE_TEST_NONE, `smtp.host`, `smtp.name`, `view.html`, CONVENE_…",
		[]string{"CONVENE_TEST_ALL"}), []string{"CONVENE_SMPT_HOST", "CONVENE_TEST_NONE", "smtp.name"})

	there := func(name string) bool { return slices.Contains([]string{"internal/door", "docs/a.md"}, name) }
	expect(t, deadPaths("docs/a.md", "`internal/door/`, `internal/dore`, `views/<audience>/x.html`, [a](a.md#b), [b](../LICENCE), [c](https://example.org/x)", there),
		[]string{"no internal/dore", "no LICENCE"})

	expect(t, undescribed([]room{{ImportPath: "convene/internal/door"}, {ImportPath: "convene/internal/web/door"}}, "| `internal/door` | scans |"),
		[]string{"internal/web/door"})
	expect(t, unknownBenches("README.md", "go run ./cmd/convene-bench all, go run ./cmd/convene-bench doors -json\n<!-- figures: -->\n| `door` | x |\n| `post` | y |\n<!-- /figures -->\n",
		`{"door", "scans"}`), []string{"doors", "post"})
	expect(t, unproved("README.md", "`TestDoor` and `TestGate`", "func TestDoor(t *testing.T) {}"), []string{"TestGate"})
}

func TestRoomsAreDescribed(t *testing.T) {
	t.Parallel()
	report(t, undescribed(rooms(t), read(t, "docs/architecture.md")))
}

// undescribed finds rooms that docs/architecture.md does not name.
func undescribed(all []room, content string) (faults []string) {
	for _, r := range all {
		if name := strings.TrimPrefix(r.ImportPath, module); !strings.Contains(content, "`"+name+"`") {
			faults = append(faults, fmt.Sprintf("docs/architecture.md does not tell of %s", name))
		}
	}
	return faults
}

func TestBenches(t *testing.T) {
	t.Parallel()
	program := read(t, "cmd/convene-bench/main.go")
	for _, name := range documents {
		report(t, unknownBenches(name, read(t, name), program))
	}
}

var benchUse = regexp.MustCompile(`cmd/convene-bench ([a-z]\w*)`)

// unknownBenches finds benchmarks that a document tells to run, or gives a
// figure of, and that are not there.
func unknownBenches(document, content, program string) (faults []string) {
	_, figures, _ := strings.Cut(content, "<!-- figures")
	figures, _, _ = strings.Cut(figures, "<!-- /figures -->")
	all := benchUse.FindAllStringSubmatch(content, -1)
	for _, m := range append(all, regexp.MustCompile("(?m)^\\| `(\\w+)`").FindAllStringSubmatch(figures, -1)...) {
		if m[1] != "all" && !strings.Contains(program, `{"`+m[1]+`", `) {
			faults = append(faults, fmt.Sprintf("%s: there is no bench %s", document, m[1]))
		}
	}
	return faults
}

func TestTestsThatProve(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	for _, name := range files(t) {
		if strings.HasSuffix(name, "_test.go") {
			code.WriteString(read(t, name))
		}
	}
	for _, name := range documents {
		report(t, unproved(name, read(t, name), code.String()))
	}
}

var testName = regexp.MustCompile("`(Test[A-Z]\\w+)`")

// unproved finds tests that a document names and that are not there.
func unproved(document, content, code string) (faults []string) {
	for _, m := range testName.FindAllStringSubmatch(content, -1) {
		if !strings.Contains(code, "func "+m[1]+"(") {
			faults = append(faults, fmt.Sprintf("%s: there is no test %s", document, m[1]))
		}
	}
	return faults
}
