package archtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// strangers are addresses that a test shows to what must refuse them.
var strangers = map[string][]string{
	"config/config_test.go":          {"a@b.org", "c@d.org"},
	"internal/outbox/outbox_test.go": {"someone@mail.invalid", "someone@notexample.org", "a@example.org.evil.net", "someone@xn--exmple-cua.org"},
	"internal/archtest/text_test.go": nil, // any: it quotes what it forbids
	"seeds/cities_test.go":           {"ben@cork.ie"},
	"seeds/events_test.go":           {"someone@unesco.org"},
	"seeds/strict_test.go":           {"ann@city.gov"},
}

// TestTexts reads every text file of the repository.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if content := read(t, name); isText(content) && name != "LICENSE" {
			report(t, faultsOfText(name, content))
		}
	}
}

var (
	address = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)`)
	// A name that nobody can own (RFC 2606, RFC 6761).
	reserved = regexp.MustCompile(`(?i)(^|\.)(example|example\.(org|com|net)|test|invalid|localhost)$`)
	// What looks like one and is a module or package at a version.
	version = regexp.MustCompile(`\.\d[\w-]*$|^v\d`)

	machinePath = regexp.MustCompile(`(^|[\s"'=:(\x60])(/(home|root|work|Users)/[\w.-]+)`)
	unfinished  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
)

// faultsOfText finds addresses that could be somebody's, paths of one machine,
// and notes of what is still to be done.
func faultsOfText(name, content string) (faults []string) {
	known, listed := strangers[name]
	if listed && known == nil {
		return nil
	}
	for number, line := range strings.Split(content, "\n") {
		fault := func(what, found string) {
			faults = append(faults, fmt.Sprintf("%s:%d: %s: %s", name, number+1, what, found))
		}
		for _, m := range address.FindAllStringSubmatch(line, -1) {
			if domain := strings.Trim(m[1], ".-"); !slices.Contains(known, m[0]) && !reserved.MatchString(domain) && !version.MatchString(domain) {
				fault("an address outside the reserved domains", m[0])
			}
		}
		for _, m := range machinePath.FindAllStringSubmatch(line, -1) {
			fault("a path of one machine", m[2])
		}
		if found := unfinished.FindString(line); found != "" {
			fault("unfinished", found)
		}
	}
	return faults
}

func TestTextsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line string
		want []string
	}{
		{"write to desk@example.org, or to a.b@mail.example.com", nil},
		{"żółć@příklad.test and root@localhost", nil},
		{"mongodb://user:word@db.example.net/convene", nil},
		{"npx html-validate@10.17.0 and github.com/gofiber/fiber/v2@v2.52.15", nil},
		{"@media print, @every 5s, {{.Email}}", nil},
		{"write to mayor@city.gov", []string{"mayor@city.gov"}},
		{"two: a@b.org, c@d.example.org and e@example.org.uk", []string{"a@b.org", "e@example.org.uk"}},
		{"cd /home/somebody/convene", []string{"/home/somebody"}},
		{`open("/root/secret")`, []string{"/root/secret"}},
		{"https://example.org/home/page and ./work/things", nil},
		{"// TO" + "DO: later", []string{"unfinished"}},
		{"todos los delegados", nil},
	} {
		t.Run(test.line, func(t *testing.T) { expect(t, faultsOfText("some/file", test.line), test.want) })
	}
	expect(t, faultsOfText("seeds/strict_test.go", "ann@city.gov bob@city.gov"), []string{"bob@city.gov"})
}
