package bounce_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"convene/internal/bounce"
)

// letterID is the Message-ID of the letter that the reports in testdata are about,
// and amina the address that most of them speak of.
const (
	letterID = "<letter@convene.example.org>"
	amina    = "amina@far.test"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		want bounce.Recipient
		hard bool
	}{
		{"postfix", bounce.Recipient{
			Final: amina, Original: amina, Action: "failed", Status: "5.1.1", Server: "mail.far.test",
			Answer: "550 5.1.1 <amina@far.test>: Recipient address rejected: User unknown in local recipient table",
		}, true},
		{"exim", bounce.Recipient{
			Final: amina, Action: "failed", Status: "5.1.1", Server: "mail.far.test",
			Answer: "550 5.1.1 <amina@far.test>: no such person here",
		}, true},
		{"exchange", bounce.Recipient{
			Final: "Amina@FAR.test", Action: "failed", Status: "5.1.10",
			Answer: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
		}, true},
		{"gmail", bounce.Recipient{
			Final: amina, Action: "failed", Status: "5.1.1",
			Server: "mx.far.test. (198.51.100.26, the server for the domain far.test.)",
			Answer: "550-5.1.1 The email account that you tried to reach does not exist. Please try" +
				" 550-5.1.1 double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces. - gsmtp",
		}, true},
		{"utf8", bounce.Recipient{
			Final: "δοκιμή@παράδειγμα.test", Original: "δοκιμή@xn--hxajbheg2az3al.test", Action: "failed", Status: "5.1.1",
			Answer: "550 5.1.1 Άγνωστος χρήστης",
		}, true},
		{"delayed", bounce.Recipient{
			Final: amina, Original: amina, Action: "delayed", Status: "4.4.1",
			Answer: "connect to mail.far.test[198.51.100.7]:25: Connection timed out",
		}, false},
		{"full", bounce.Recipient{
			Final: amina, Original: amina, Action: "failed", Status: "5.2.2", Server: "mail.far.test",
			Answer: "552 5.2.2 <amina@far.test>: Mailbox is full",
		}, false},
		{"forwarded", bounce.Recipient{
			Final: "a.haddad@elsewhere.test", Original: amina, Action: "failed", Status: "5.1.1",
			Answer: "unknown user: a.haddad@elsewhere.test",
		}, true},
		{"cut", bounce.Recipient{
			Final: amina, Action: "failed", Status: "5.1.2", Answer: "Host or domain name not found",
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := testdata(t, tt.name)
			got, err := bounce.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if got.MessageID != letterID || len(got.ID) != 24 {
				t.Errorf("it is about %q, under the id %q", got.MessageID, got.ID)
			}
			if len(got.Recipients) != 1 || got.Recipients[0] != tt.want {
				t.Fatalf("got %+v\nwant %+v", got.Recipients, tt.want)
			}
			if got.Recipients[0].Hard() != tt.hard {
				t.Errorf("hard: %t", !tt.hard)
			}
			overTheWire := bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
			if same, err := bounce.Parse(append([]byte("Received: by a hook\r\n"), overTheWire...)); err != nil || !reflect.DeepEqual(same, got) {
				t.Errorf("by another way it is %+v (%v)", same, err)
			}
		})
	}
}

func TestParseRefusesWhatIsNoReport(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{
		"an answer from somebody away": testdata(t, "away"),
		"cut before it names anybody":  testdata(t, "cut_early"),
		"nothing":                      nil,
		"no message":                   []byte("\x00\x01\x02"),
		"a report of reading":          bytes.ReplaceAll(testdata(t, "postfix"), []byte("report-type=delivery-status"), []byte("report-type=disposition-notification")),
		"no boundary":                  []byte("Content-Type: multipart/report; report-type=delivery-status\n\nFinal-Recipient: rfc822; amina@far.test\n"),
		"a header without end":         []byte("Subject: " + strings.Repeat("x", 1<<20)),
	} {
		if got, err := bounce.Parse(raw); !errors.Is(err, bounce.ErrNoReport) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestHard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		action, status, answer string
		want                   bool
	}{
		{"failed", "5.1.1", "", true},
		{"failed", "5.1.2", "", true},
		{"failed", "5.1.6", "", true},
		{"failed", "5.1.10", "", true},
		{"failed", "5.2.1", "", true},
		{"failed", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied", true},
		{"failed", "5.4.4", "", true},
		{"failed", "5.0.0", "", true},
		{"failed", "5.0.0", "550 no such user", true},
		{"failed", "", "550 5.1.1 the status is missing", true},
		{"failed", "5.0.0", "550 5.1.1 no such user", true},
		{"failed", "5.0.0", "550 5.7.1 blocked", false},
		{"failed", "5.0.0", "552 over quota", false},
		{"failed", "5.0.0", "554 something went wrong", false},
		{"failed", "", "no such user", false},
		{"failed", "5.1.5", "", false},
		{"failed", "5.1.7", "", false},
		{"failed", "5.1.8", "", false},
		{"failed", "5.2.2", "", false},
		{"failed", "5.2.3", "", false},
		{"failed", "5.3.4", "", false},
		{"failed", "5.4.7", "", false},
		{"failed", "5.6.1", "", false},
		{"failed", "5.7.1", "", false},
		{"failed", "4.1.1", "", false},
		{"failed", "4.4.7", "", false},
		{"failed", "5.1.1234", "", false},
		{"delayed", "5.1.1", "", false},
		{"delivered", "5.1.1", "", false},
		{"", "5.1.1", "", false},
	} {
		raw := "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
			"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; amina@far.test\nAction: " + tt.action + "\nStatus: " + tt.status +
			"\nDiagnostic-Code: smtp; " + tt.answer + "\n\n--b--\n"
		got, err := bounce.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got.Recipients[0].Hard() != tt.want {
			t.Errorf("%s %s %q: hard is %t (%+v)", tt.action, tt.status, tt.answer, !tt.want, got.Recipients[0])
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(string(testdata(t, "postfix")), "Diagnostic-Code: smtp; ", "Diagnostic-Code: smtp; "+strings.Repeat("très ", 1000))
	got, err := bounce.Parse([]byte(raw))
	if err != nil || len(got.Recipients[0].Answer) > 1000 || !utf8.ValidString(got.Recipients[0].Answer) {
		t.Errorf("a long answer: %v, %d bytes", err, len(got.Recipients[0].Answer))
	}
	group := "\nFinal-Recipient: rfc822; amina@far.test\nAction: failed\nStatus: 5.1.1\n"
	raw = strings.Replace(string(testdata(t, "postfix")), "Final-Recipient:", strings.Repeat(group, 5000)+"\nFinal-Recipient:", 1)
	if got, err = bounce.Parse([]byte(raw)); err != nil || len(got.Recipients) != 100 {
		t.Errorf("many recipients: %v, %d", err, len(got.Recipients))
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := bounce.Parse(raw)
		if (err != nil) != (len(got.Recipients) == 0) {
			t.Fatalf("%d recipients and the error %v", len(got.Recipients), err)
		}
		if err != nil && !errors.Is(err, bounce.ErrNoReport) {
			t.Fatal(err)
		}
		for _, one := range got.Recipients {
			for _, text := range []string{one.Final, one.Original, one.Action, one.Status, one.Answer, one.Server} {
				if !utf8.ValidString(text) || len(text) > 1000 {
					t.Fatalf("%q cannot be kept", text)
				}
			}
			if one.Final == "" && one.Original == "" {
				t.Fatal("a recipient without an address")
			}
		}
	})
}
