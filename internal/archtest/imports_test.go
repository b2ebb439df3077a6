package archtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const module = "convene/"

// layers lists the rooms from top to bottom. A room imports only rooms of lower
// layers, so no two of a layer know each other and no import runs back.
var layers = [][]string{
	{"cmd/convene", "cmd/convene-bench"},
	{"internal/web"},
	{"internal/web/site", "internal/web/delegate", "internal/web/desk", "internal/web/door", "internal/web/focal", "internal/web/mailbox", "internal/web/bounce", "internal/web/api"},
	{"internal/app", "internal/seed", "internal/web/kit", "internal/web/chart"},
	{"internal/letter"},
	{"internal/report", "internal/feed", "internal/reminder", "internal/message", "internal/door", "internal/privacy", "internal/intake"},
	{"internal/signup"},
	{"internal/delegate", "internal/programme", "internal/statement"},
	{"internal/audience", "internal/consent"},
	{"internal/city", "internal/event", "internal/account", "internal/badge", "internal/bounce", "internal/push", "internal/form"},
	{"internal/outbox", "internal/audit", "internal/jobs", "internal/limit", "internal/file", "internal/table"},
	{"internal/personal"},
	{"internal/store/sqlite", "internal/store/mongo", "internal/outbox/catcher"},
	{"internal/store"},
	{"internal/i18n", "internal/problem", "internal/fact", "internal/link", "internal/person"},
	{"config", "seeds", "views"},
}

// helpers are packages for tests: they import what they like, and nothing that
// is linked into the program imports them.
var helpers = []string{"internal/app/apptest", "internal/store/storetest", "internal/store/mongo/mongotest", "internal/web/browsertest", "internal/web/webtest", "internal/push/pushtest", "internal/archtest"}

// keepers name what only some rooms may import. A path stands for itself and
// all below it.
var keepers = []struct{ what, who []string }{
	{[]string{"modernc.org/sqlite", "database/sql"}, []string{"internal/store/sqlite"}},
	{[]string{"go.mongodb.org/mongo-driver"}, []string{"internal/store/mongo"}},
	{[]string{"html/template"}, []string{"internal/web", "internal/letter"}},
	{[]string{"github.com/gofiber", "github.com/valyala/fasthttp"}, []string{"internal/web", "cmd"}},
	{[]string{"net/http"}, []string{"internal/web", "cmd", "internal/push"}},
	{[]string{"github.com/SherClockHolmes/webpush-go"}, []string{"internal/push"}},
	{[]string{"github.com/go-mail", "github.com/emersion/go-smtp", "github.com/emersion/go-sasl", "net/smtp"}, []string{"internal/outbox", "cmd/convene-bench"}},
	{[]string{"github.com/emersion/go-message", "github.com/emersion/go-mbox"}, []string{"internal/bounce"}},
	{[]string{"github.com/gabriel-vasile/mimetype"}, []string{"internal/file"}},
	{[]string{"github.com/xuri/excelize"}, []string{"internal/feed", "internal/table"}},
	{[]string{"github.com/robfig/cron"}, []string{"internal/jobs"}},
	{[]string{"github.com/alecthomas/kong"}, []string{"cmd"}},
	{[]string{"github.com/alexedwards/argon2id"}, []string{"internal/account"}},
	{[]string{"github.com/skip2/go-qrcode"}, []string{"internal/badge"}},
	{[]string{"convene/internal/store/sqlite", "convene/internal/store/mongo"}, []string{"cmd"}},
	{[]string{"testing"}, nil},
	{[]string{"convene/config"}, []string{"cmd", "internal/app", "internal/web"}},
	{[]string{"convene/views"}, []string{"internal/app", "internal/web", "cmd"}},
	{[]string{"convene/seeds"}, []string{"internal/seed", "cmd/convene-bench"}},
	{[]string{"convene/internal/outbox/catcher"}, []string{"internal/web", "cmd"}},
}

// testOnly never reaches the program.
var testOnly = []string{
	"net/http/httptest", "github.com/chromedp", "github.com/PuerkitoBio/goquery",
	"github.com/makiuchi-d/gozxing", "github.com/FerretDB",
}

// room is a package of the repository, and what it imports outside its tests.
type room struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	t.Parallel()
	report(t, againstDirection(rooms(t)))
	report(t, againstKeepers(rooms(t)))
}

func TestProgramHoldsNoTestCode(t *testing.T) {
	t.Parallel()
	deps := strings.Fields(string(goCommand(t, "list", "-deps", "./cmd/convene")))
	report(t, linked(deps))
}

// rooms lists the packages of the main module.
func rooms(t *testing.T) []room {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(goCommand(t, "list", "-e", "-json=ImportPath,Imports", "./...")))
	var all []room
	for {
		var r room
		if err := decoder.Decode(&r); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

// againstDirection finds imports that do not lead down, and rooms that have no
// place.
func againstDirection(all []room) (faults []string) {
	for _, r := range all {
		from := strings.TrimPrefix(r.ImportPath, module)
		if slices.Contains(helpers, from) {
			continue
		}
		layer := layerOf(from)
		if layer < 0 {
			faults = append(faults, fmt.Sprintf("%s has no place among the layers: give it one here and in docs/architecture.md", from))
			continue
		}
		for _, path := range r.Imports {
			to, ours := strings.CutPrefix(path, module)
			switch {
			case !ours:
			case slices.Contains(helpers, to):
				faults = append(faults, fmt.Sprintf("%s imports %s, which is for tests", from, to))
			case layerOf(to) >= 0 && layerOf(to) <= layer:
				faults = append(faults, fmt.Sprintf("%s imports %s, which is not below it", from, to))
			}
		}
	}
	return faults
}

// layerOf returns the room's layer, -1 if it has none.
func layerOf(name string) int {
	return slices.IndexFunc(layers, func(layer []string) bool { return slices.Contains(layer, name) })
}

// againstKeepers finds imports of what belongs to other rooms.
func againstKeepers(all []room) (faults []string) {
	for _, r := range all {
		from := strings.TrimPrefix(r.ImportPath, module)
		if slices.Contains(helpers, from) {
			continue
		}
		for _, path := range r.Imports {
			for _, k := range keepers {
				if within(path, k.what) && !within(from, k.who) {
					faults = append(faults, fmt.Sprintf("%s imports %s, which is for %s alone", from, path, cmp.Or(strings.Join(k.who, ", "), "tests")))
					break
				}
			}
		}
	}
	return faults
}

// within reports whether the path is one of the roots or below one.
func within(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

// linked finds packages in the program that are for tests only.
func linked(deps []string) (faults []string) {
	for _, path := range deps {
		if within(path, testOnly) || slices.Contains(helpers, strings.TrimPrefix(path, module)) {
			faults = append(faults, fmt.Sprintf("%s is linked into the program, and is for tests", path))
		}
	}
	return faults
}

func TestImportsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, from, to string
		want           []string
	}{
		{"down", "internal/door", "convene/internal/delegate", nil},
		{"standard library", "internal/door", "time", nil},
		{"a driver where it belongs", "internal/store/mongo", "go.mongodb.org/mongo-driver/bson", nil},
		{"up", "internal/delegate", "convene/internal/web/kit", []string{"not below"}},
		{"across a layer", "internal/delegate", "convene/internal/programme", []string{"not below"}},
		{"the storage port knows the domain", "internal/store", "convene/internal/event", []string{"not below"}},
		{"kit knows the parts", "internal/web/kit", "convene/internal/app", []string{"not below"}},
		{"a new room", "internal/cellar", "time", []string{"no place"}},
		{"a helper", "internal/web/desk", "convene/internal/app/apptest", []string{"for tests"}},
		{"SQL in the domain", "internal/event", "database/sql", []string{"internal/store/sqlite alone"}},
		{"SQLite in the domain", "internal/event", "modernc.org/sqlite/lib", []string{"internal/store/sqlite alone"}},
		{"BSON in the port", "internal/store", "go.mongodb.org/mongo-driver/bson", []string{"internal/store/mongo alone"}},
		{"a request in the domain", "internal/delegate", "github.com/gofiber/fiber/v2", []string{"internal/web"}},
		{"HTML in the domain", "internal/delegate", "html/template", []string{"internal/web"}},
		{"mail in the domain", "internal/reminder", "net/smtp", []string{"internal/outbox"}},
		{"cron in the domain", "internal/reminder", "github.com/robfig/cron/v3", []string{"internal/jobs"}},
		{"an engine in the domain", "internal/statement", "convene/internal/store/mongo", []string{"for cmd alone"}},
		{"testing in the program", "internal/badge", "testing", []string{"tests alone"}},
		{"settings in the domain", "internal/badge", "convene/config", []string{"cmd"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := []room{{ImportPath: module + test.from, Imports: []string{test.to}}}
			expect(t, append(againstDirection(all), againstKeepers(all)...), test.want)
		})
	}
	expect(t, linked([]string{"time", "convene/internal/app/apptest", "github.com/chromedp/chromedp"}), []string{"apptest", "chromedp"})
}
