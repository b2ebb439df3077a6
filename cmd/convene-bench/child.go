package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// childVariable carries what a child process is to serve. The same program is
// started again for it, so that clients and server share no heap and no
// collector.
const childVariable = "CONVENE_BENCH_SERVE"

// kind of server.
type kind string

const (
	serveConvene kind = "convene" // the program itself
	serveInsert  kind = "insert"  // a floor: one durable insert for each request
	serveBytes   kind = "bytes"   // a floor: the same answer from memory for each request
	serveMail    kind = "mail"    // a mail server, of both the mail bench and its floor
	serveImport  kind = "import"  // no server: imports a workbook, and tells how it went instead of an address
)

// order is what a child serves.
type order struct {
	Kind     kind
	Database string
	Workbook string            // of serveImport
	Now      time.Time         // where its clock begins
	Body     []byte            // of serveBytes
	Headers  map[string]string // of serveBytes
	Profile  string            // file for a CPU profile; empty: none
}

// server is a running child.
type server struct {
	order
	addr  string
	cmd   *exec.Cmd
	input io.Closer // closing it stops the child
}

// start starts a child and waits until it listens.
func start(ctx context.Context, o order) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	content, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	instructions, err := os.CreateTemp("", "convene-bench-*.json")
	if err != nil {
		return nil, err
	}
	defer os.Remove(instructions.Name())
	if _, err := instructions.Write(content); err != nil {
		return nil, errors.Join(err, instructions.Close())
	}
	if err := instructions.Close(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), childVariable+"="+instructions.Name())
	cmd.Stderr = os.Stderr
	return launch(cmd, o)
}

func launch(cmd *exec.Cmd, o order) (*server, error) {
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server for %s did not start", o.Kind), input.Close(), cmd.Wait())
	}
	return &server{order: o, addr: strings.TrimSpace(addr), cmd: cmd, input: input}, nil
}

// stop stops the child and waits for its end.
func (s *server) stop() error { return errors.Join(s.input.Close(), s.cmd.Wait()) }

// rss is what the child holds in memory, in MB.
func (s *server) rss() float64 { return memory(s.cmd.Process.Pid, "VmRSS") }

// cpu is the time that the child's threads have worked.
func (s *server) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ") // behind the program's name
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel tells hundredths
}

// memory reads a line of /proc/PID/status; 0 where there is none.
func memory(pid int, name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, name+": %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	return 0
}

// serveChild serves if this process is a child. It ends when its input does.
func serveChild(ctx context.Context) (asked bool, err error) {
	instructions := os.Getenv(childVariable)
	if instructions == "" {
		return false, nil
	}
	content, err := os.ReadFile(instructions)
	if err != nil {
		return true, err
	}
	var o order
	if err := json.Unmarshal(content, &o); err != nil {
		return true, err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it
		stop()
	}()
	finish, err := profile(o.Profile)
	if err != nil {
		return true, err
	}
	switch o.Kind {
	case serveMail:
		return true, errors.Join(catchMail(ctx), finish())
	case serveImport:
		return true, errors.Join(o.importWorkbook(ctx), finish())
	}
	return true, errors.Join(o.serve(ctx), finish())
}

// profile writes a CPU profile until the function it returns is called.
func profile(path string) (finish func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// profileOf names the profile of a bench's server.
func (s settings) profileOf(name string) string {
	if s.profile == "" {
		return ""
	}
	return filepath.Join(s.profile, name+".pprof")
}
