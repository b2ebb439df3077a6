package archtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestImage(t *testing.T) {
	t.Parallel()
	report(t, faultsOfImage(read(t, "Dockerfile")))
	report(t, leftOut(rooms(t), strings.Fields(string(goCommand(t, "list", "-deps", "./cmd/convene"))), read(t, ".dockerignore")))
}

var stage = regexp.MustCompile(`(?m)^FROM (\S+)(?: AS \S+)?$`)

// faultsOfImage finds what the image must not be: of an unknown base, root's, or
// started by a shell.
func faultsOfImage(dockerfile string) (faults []string) {
	stages := stage.FindAllStringSubmatchIndex(dockerfile, -1)
	for _, m := range stages {
		if base := dockerfile[m[2]:m[3]]; base != "scratch" && !pinned.MatchString(base) {
			faults = append(faults, fmt.Sprintf("the base %s is of no exact version", base))
		}
	}
	last := dockerfile
	if len(stages) > 0 {
		last = dockerfile[stages[len(stages)-1][0]:]
	}
	for _, want := range []string{"FROM scratch\n", "\nUSER 65532:65532\n", "\nVOLUME /data\n", `ENTRYPOINT ["/convene"]`, `CMD ["serve"]`, "/readyz"} {
		if !strings.Contains(last, want) {
			faults = append(faults, fmt.Sprintf("the last stage lacks %s", strings.TrimSpace(want)))
		}
	}
	if !strings.Contains(dockerfile, "CGO_ENABLED=0") {
		faults = append(faults, "without CGO_ENABLED=0 the program does not start on an empty image")
	}
	return faults
}

// leftOut finds rooms of the program that .dockerignore keeps from the build.
func leftOut(all []room, deps []string, ignore string) (faults []string) {
	var in, out []string
	for line := range strings.Lines(ignore) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line == "*" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "!"):
			in = append(in, line[1:])
		default:
			out = append(out, line)
		}
	}
	for _, r := range all {
		name := strings.TrimPrefix(r.ImportPath, module)
		if slices.Contains(deps, r.ImportPath) && (!within(name, in) || within(name, out)) {
			faults = append(faults, fmt.Sprintf(".dockerignore leaves out %s", name))
		}
	}
	return faults
}

func TestImageIsRefused(t *testing.T) {
	t.Parallel()
	good := read(t, "Dockerfile")
	for _, test := range []struct{ old, new, want string }{
		{"golang:1.26", "golang:latest", "golang:latest"},
		{"USER 65532:65532", "USER root", "USER"},
		{`ENTRYPOINT ["/convene"]`, "ENTRYPOINT /convene", "ENTRYPOINT"},
		{"CGO_ENABLED=0", "CGO_ENABLED=1", "CGO_ENABLED"},
		{"FROM scratch", "FROM debian:12.1", "FROM scratch"},
	} {
		expect(t, faultsOfImage(strings.Replace(good, test.old, test.new, 1)), []string{test.want})
	}
	all := []room{{ImportPath: "convene/internal/door"}, {ImportPath: "convene/seeds"}, {ImportPath: "convene/internal/archtest"}}
	expect(t, leftOut(all, []string{"convene/internal/door", "convene/seeds"}, "*\n!internal\ninternal/door\n"),
		[]string{"internal/door", "seeds"})
}
