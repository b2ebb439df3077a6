package mongotest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// server is a running wire server.
type server struct {
	uri   string
	stdin io.Closer // it stops when this closes, at the latest with this process
}

// wireServer returns the process's wire server, started once. Being kept here it
// is never collected, which would close its standard input.
var wireServer = sync.OnceValues(func() (*server, error) {
	program, err := build()
	if err != nil {
		return nil, err
	}
	return start(program)
})

func start(program string) (*server, error) {
	cmd := exec.Command(program)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	uri, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("it did not start: %w", errors.Join(cmd.Wait(), errors.New(oneLine(complaint.String()))))
	}
	return &server{strings.TrimSpace(uri), stdin}, nil
}

// build returns the program, from the cache if its sources have not changed. The
// first build takes about a minute.
func build() (program string, err error) {
	source, err := sourceDir()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum, err := fingerprint(source)
	if err != nil {
		return "", err
	}
	program = filepath.Join(cache, "convene", "wireserver-"+sum)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	// Built beside its place and renamed, so that another test process never
	// starts half a program.
	made := fmt.Sprintf("%s.%d", program, os.Getpid())
	cmd := exec.Command("go", "build", "-mod=readonly", "-buildvcs=false", "-o", made, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=") // the main module's flags are not for this one
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build in %s (it needs the module FerretDB, from a module proxy or the module cache): %w: %s",
			source, err, oneLine(string(out)))
	}
	return program, os.Rename(made, program)
}

// sourceDir finds the nested module. The tests of a package run in its folder,
// and thus inside the main module.
func sourceDir() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	return filepath.Join(root, "internal", "store", "mongo", "wireserver"), nil
}

// fingerprint tells builds of different sources or toolchains apart.
func fingerprint(source string) (string, error) {
	hash := sha256.New()
	_, _ = io.WriteString(hash, runtime.Version())
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		_, _ = hash.Write(b)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

// oneLine keeps a message to its last line: what the go command says of a
// module that it cannot have stands there.
func oneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
