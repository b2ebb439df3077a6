package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"convene/internal/outbox/catcher"
)

const testSecret = "a secret for tests, and for tests alone"

// shell is a folder in which subcommands run, with the variables they see.
type shell struct {
	t       *testing.T
	folder  string
	environ []string
}

func newShell(t *testing.T, environ ...string) *shell {
	folder := t.TempDir()
	return &shell{t: t, folder: folder, environ: append([]string{
		"CONVENE_DATABASE=file:" + filepath.Join(folder, "convene.db"), "CONVENE_SECRET=" + testSecret,
	}, environ...)}
}

// run runs the subcommand and returns its exit code and what it printed.
func (s *shell) run(args ...string) (code int, out, errOut string) {
	s.t.Helper()
	var o, e bytes.Buffer
	code = run(s.t.Context(), append([]string{"--config", os.DevNull}, args...), s.environ, &o, &e)
	return code, o.String(), e.String()
}

// must runs the subcommand, which has to succeed, and returns what it printed.
func (s *shell) must(args ...string) string {
	s.t.Helper()
	code, out, errOut := s.run(args...)
	if code != 0 {
		s.t.Fatalf("convene %s: code %d\n%s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

func TestHelp(t *testing.T) {
	s := newShell(t)
	overview := s.must("--help")
	for _, command := range []string{"serve", "demo", "seed", "user add", "config", "doctor", "copy", "export", "import", "version"} {
		if !strings.Contains(overview, command) {
			t.Errorf("the help does not name %s", command)
		}
		if help := s.must(append(strings.Fields(command), "--help")...); !strings.Contains(help, "Usage: convene "+command) || len(help) < 150 {
			t.Errorf("help of %s:\n%s", command, help)
		}
	}
	if code, _, errOut := s.run("sevre"); code != 2 || !strings.Contains(errOut, "convene --help") {
		t.Errorf("a slip: code %d, %s", code, errOut)
	}
}

func TestConfigHidesSecretsAndTellsEveryFault(t *testing.T) {
	s := newShell(t, "CONVENE_SMTP_USERNAME=mailer", "CONVENE_SMTP_PASSWORD=hunter2hunter2")
	out := s.must("config", "--set", "log.level=debug")
	if strings.Contains(out, testSecret) || strings.Contains(out, "hunter2") {
		t.Errorf("a secret is shown:\n%s", out)
	}
	if !regexp.MustCompile(`log\.level\s+\S*(?i:debug)\s+flag`).MatchString(out) {
		t.Errorf("the flag's option is not told:\n%s", out)
	}
	s.environ = append(s.environ, "CONVENE_ADR=x", "CONVENE_SMTP_PORT=many")
	code, _, errOut := s.run("config")
	if code != 1 || !strings.Contains(errOut, "CONVENE_ADDR") || !strings.Contains(errOut, "CONVENE_SMTP_PORT") {
		t.Errorf("two faults: code %d\n%s", code, errOut)
	}
}

func TestSeedTwiceAddsNothing(t *testing.T) {
	s := newShell(t)
	s.must("seed", "--rehearsal")
	before := s.must("export")
	if out := s.must("seed", "--rehearsal"); strings.Contains(out, "added 1") {
		t.Errorf("the second run says:\n%s", out)
	}
	if s.must("export") != before {
		t.Error("the second run changed records")
	}
}

func TestExportAndImport(t *testing.T) {
	s := newShell(t)
	s.must("seed")
	file := filepath.Join(s.folder, "backup.ndjson")
	s.must("export", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v; want only its owner to read it", info.Mode(), err)
	}
	if code, _, _ := s.run("export", file); code == 0 {
		t.Error("export overwrites a file")
	}
	if code, _, errOut := s.run("import", file); code == 0 || !strings.Contains(errOut, "not empty") {
		t.Errorf("importing over data: code %d, %s", code, errOut)
	}
	other := newShell(t)
	other.must("import", file)
	if s.must("export") != other.must("export") {
		t.Error("the imported records differ")
	}
	third := "file:" + filepath.Join(s.folder, "third.db")
	s.must("copy", "file:"+filepath.Join(s.folder, "convene.db"), third)
	if copied := s.must("export", "--set", "database="+third); copied != s.must("export") {
		t.Error("the copied records differ")
	}
	if code, _, errOut := s.run("copy", "postgres://x", third); code == 0 || !strings.Contains(errOut, "database") {
		t.Errorf("copying from an unknown kind: code %d, %s", code, errOut)
	}
}

func TestUserAdd(t *testing.T) {
	s := newShell(t)
	if out := s.must("user", "add", "olga@example.org", "--name", "Olga"); !regexp.MustCompile(`Password: \S{20,}`).MatchString(out) {
		t.Errorf("said:\n%s", out)
	}
	if code, _, errOut := s.run("user", "add", "OLGA@example.org", "--name", "Olga"); code != 1 || !strings.Contains(errOut, "account already") {
		t.Errorf("again: code %d, %s", code, errOut)
	}
	if code, _, errOut := s.run("user", "add", "x@example.org", "--name", "X", "--role", "king"); code != 2 || !strings.Contains(errOut, "administrator") {
		t.Errorf("an unknown role: code %d, %s", code, errOut)
	}
	s.environ = s.environ[:1]
	if code, _, errOut := s.run("user", "add", "x@example.org", "--name", "X"); code != 1 || !strings.Contains(errOut, "CONVENE_SECRET") {
		t.Errorf("without a secret: code %d, %s", code, errOut)
	}
}

func TestDoctor(t *testing.T) {
	mail, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	s := newShell(t, "CONVENE_SMTP_HOST=127.0.0.1", "CONVENE_SMTP_TLS=none", "CONVENE_SMTP_FROM=convene <convene@example.org>",
		"CONVENE_SMTP_PORT="+port(mail.Addr()))
	if code, out, _ := s.run("doctor"); code != 1 || !strings.Contains(out, "convene seed") || !strings.Contains(out, "1 of 5 checks failed.\nNot checked, because of what failed: keys.") {
		t.Errorf("before there is a database: code %d\n%s", code, out)
	}
	s.must("seed")
	if out := s.must("doctor"); strings.Count(out, "ok ") != 5 || !strings.Contains(out, "All is well") {
		t.Errorf("on a sound installation:\n%s", out)
	}
	s.must("seed", "--rehearsal")
	for name, tt := range map[string]struct{ set, says string }{
		"another secret": {"secret=another secret that is long enough to be one", "Has the secret changed?"},
		"no mail server": {"smtp.port=1", "FAILED  mail server"},
		"no database":    {"database=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300", "FAILED  storage"},
		"unfit options":  {"smtp.port=many", "FAILED  configuration"},
		"what is left":   {"smtp.port=many", "storage, mail server, clock, keys."},
		"mistyped file":  {"database=file:" + filepath.Join(s.folder, "none.db"), "there is no database at " + filepath.Join(s.folder, "none.db")},
	} {
		if code, out, _ := s.run("doctor", "--set", tt.set); code != 1 || !strings.Contains(out, tt.says) {
			t.Errorf("%s: code %d\n%s", name, code, out)
		}
	}
	wantNoFile(t, filepath.Join(s.folder, "none.db"))
}

// TestReadingMakesNoDatabase gives a mistyped file to the subcommands that only
// read it.
func TestReadingMakesNoDatabase(t *testing.T) {
	s := newShell(t)
	none, target := filepath.Join(s.folder, "none.db"), filepath.Join(s.folder, "target.db")
	for _, args := range [][]string{
		{"copy", "file:" + none, "file:" + target},
		{"export", "--set", "database=file:" + none},
	} {
		if code, _, errOut := s.run(args...); code != 1 || !strings.Contains(errOut, "there is no database at "+none) {
			t.Errorf("%s: code %d, %s", args[0], code, errOut)
		}
	}
	wantNoFile(t, none)
	wantNoFile(t, target)
}

func wantNoFile(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", path, err)
	}
}

func TestImportRefusesHalfABackup(t *testing.T) {
	s := newShell(t)
	s.must("seed")
	whole := s.must("export", "-")
	file := filepath.Join(s.folder, "half.ndjson")
	if err := os.WriteFile(file, []byte(whole[:strings.LastIndex(whole[:len(whole)-1], "\n")+1]), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := newShell(t).run("import", file)
	if code != 1 || !strings.Contains(errOut, "the backup is cut off") || !strings.Contains(errOut, "remove the database and import again") {
		t.Errorf("code %d, %s", code, errOut)
	}
	wantNoFile(t, filepath.Join(s.folder, "-"))
}

func port(addr *net.TCPAddr) string {
	_, p, _ := net.SplitHostPort(addr.String())
	return p
}

func TestServeNeedsWhatItNeeds(t *testing.T) {
	s := newShell(t)
	code, _, errOut := s.run("serve")
	if code != 1 || !strings.Contains(errOut, "smtp.host") || !strings.Contains(errOut, "smtp.from") {
		t.Errorf("without a mail server: code %d\n%s", code, errOut)
	}
}

// TestServeStopsGently answers a request that is under way when the program is
// told to stop, and ends with code 0.
func TestServeStopsGently(t *testing.T) {
	s := newShell(t, "CONVENE_SMTP_HOST=127.0.0.1", "CONVENE_SMTP_TLS=none", "CONVENE_SMTP_FROM=convene <convene@example.org>", "CONVENE_SMTP_PORT=1")
	l, err := net.Listen("tcp", "127.0.0.1:0") // to find a free port
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, stop := context.WithCancel(t.Context())
	var logged printed
	logged.line = make(chan struct{}, 1)
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--config", os.DevNull, "serve", "--addr", addr}, s.environ, &logged, &logged)
	}()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get("http://" + addr + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(until) {
			t.Fatalf("not ready: %v\n%s", err, &logged)
		}
	}
	if code, _, errOut := s.run("serve", "--addr", addr, "--set", "smtp.host=127.0.0.1", "--set", "smtp.from=a@example.org"); code != 1 || !strings.Contains(errOut, "--addr") {
		t.Errorf("an address in use: code %d, %s", code, errOut)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /cities HTTP/1.1\r\nHost: localhost\r\n")); err != nil { // not finished yet
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	stop()
	time.Sleep(50 * time.Millisecond)
	if _, err := conn.Write([]byte("\r\n")); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 12)
	if _, err := conn.Read(first); err != nil || string(first) != "HTTP/1.1 200" {
		t.Errorf("the request under way got %q, %v", first, err)
	}
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("ended with code %d\n%s", code, &logged)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it does not stop")
	}
	if !strings.Contains(logged.String(), `"msg":"stopped"`) {
		t.Errorf("the log does not say so:\n%s", &logged)
	}
}

func TestVersion(t *testing.T) {
	if out := newShell(t).must("version"); !regexp.MustCompile(`^convene \S+.*go1\.`).MatchString(out) {
		t.Errorf("said %q", out)
	}
}
