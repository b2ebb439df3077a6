package kit_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
	"convene/views"
)

// shipped returns the program's own files with others added: names and contents
// in turn.
func shipped(t *testing.T, added ...string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, dir := range []string{"layout", "errors", "messages", "static"} {
		err := fs.WalkDir(views.FS, dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(views.FS, name)
			files[name] = &fstest.MapFile{Data: content}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(added); i += 2 {
		files[added[i]] = &fstest.MapFile{Data: []byte(added[i+1])}
	}
	return files
}

func with(t *testing.T, fsys fs.FS) func(*kit.Options) {
	t.Helper()
	files, err := kit.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *kit.Options) { o.Files = files }
}

func TestBrokenTemplates(t *testing.T) {
	page := func(content string) string { return `{{template "site" .}}{{define "content"}}` + content + `{{end}}` }
	for name, files := range map[string][]string{
		"syntax":          {"site/a.html", page(`{{if}}`)},
		"no content":      {"site/a.html", `{{template "site" .}}`},
		"no such layout":  {"site/a.html", `{{template "sight" .}}`},
		"no such partial": {"site/a.html", page(`{{template "feeld" .}}`)},
		"no such func":    {"site/a.html", page(`{{sing}}`)},
		"unsafe":          {"site/a.html", page(`<a href="{{if .}}"{{end}}>`)},
		"no such file":    {"site/a.html", page(`{{asset "nothing.css"}}`)},
		"no such icon":    {"site/a.html", page(`{{if .}}{{icon "unicorn"}}{{end}}`)},
		"partial":         {"site/a.html", page(""), "site/_b.html", `{{define "x"}}`},
	} {
		fsys := shipped(t, files...)
		assets, err := kit.NewAssets(fsys, "static")
		if err != nil {
			t.Fatal(err)
		}
		v, err := kit.NewViews(fsys, assets)
		if name == "partial" {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v.Check() == nil || v.Execute(io.Discard, "site/a", nil) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPartialsBelongToTheirFolder(t *testing.T) {
	s := newSite(t, with(t, shipped(t,
		"site/_greet.html", `{{define "greet"}}Hello{{end}}`,
		"site/a.html", `{{template "site" .}}{{define "content"}}{{template "greet" .}}, site{{end}}`,
		"door/_greet.html", `{{define "greet"}}Stop{{end}}`,
		"door/a.html", `{{template "site" .}}{{define "content"}}{{template "greet" .}}, door{{end}}`,
	)))
	for _, name := range []string{"site", "door"} {
		s.App.Get("/"+name, func(c *fiber.Ctx) error {
			return kit.Render(c, name+"/a", struct{ kit.Frame }{kit.NewFrame(c, "A")})
		})
	}
	s.get("/site").wants(t, "Hello, site")
	s.get("/door").wants(t, "Stop, door")
}

type framedPage struct {
	kit.Frame
	Event string // the same name as the frame's, on purpose
}

var conference = event.Event{
	ID: "e1", Slug: "iclc-2015", Title: i18n.Text{"en": "2nd International Conference", "es": "2.ª Conferencia Internacional"},
	Starts: "2015-09-28", Ends: "2015-09-30", TimeZone: "America/Mexico_City", City: "Mexico City", Country: "MX", Accent: "#c4006c",
}

func frameSite(t *testing.T, change ...func(*kit.Options)) *site {
	content := `{{define "content"}}<p>{{.Event}} {{.Date .Now}}</p>{{end}}`
	files := shipped(t,
		"site/event.html", `{{template "site" .}}`+content,
		"desk/event.html", `{{template "desk" .}}`+content,
		"door/event.html", `{{template "door" .}}`+content)
	return newSite(t, append(change, with(t, files))...)
}

func TestEventHead(t *testing.T) {
	s := frameSite(t)
	e := conference
	s.App.Get("/e/:slug/programme", func(c *fiber.Ctx) error {
		frame := kit.NewFrame(c, "Programme")
		frame.ForEvent(e, kit.Programme, kit.Overview, kit.Programme, kit.Register)
		return kit.Render(c, "site/event", framedPage{frame, "mine"})
	})
	a := s.get("/e/iclc-2015/programme")
	a.wants(t, "<p>mine 7 September 2015</p>",
		`<strong><a href="/e/iclc-2015">2nd International Conference</a></strong>`,
		"28–30 September 2015 · Mexico City, Mexico",
		`<li><a href="/e/iclc-2015">Overview</a></li>`,
		`<li><a href="/e/iclc-2015/programme" aria-current="page">Programme</a></li>`,
		`<link rel="stylesheet" href="/e/iclc-2015/accent.css?v=%23c4006c">`,
		"<title>Programme · 2nd International Conference</title>")
	if strings.Contains(a.body, "Rehearsal") {
		t.Error("a ribbon on a real event")
	}
	s.get("/e/iclc-2015/programme?lang=es").wants(t, "2.ª Conferencia Internacional", "28–30 de septiembre de 2015", "7 de septiembre de 2015", "Inscribirse")
	s.get("/e/iclc-2015/programme?lang=fr").wants(t, "28–30 septembre 2015", "Mexique")

	e.Rehearsal, e.MonthOnly, e.City = true, true, ""
	s.get("/e/iclc-2015/programme?lang=en").wants(t, "Rehearsal:", "all people here are invented", "September 2015 · Mexico<")
}

func TestDemoRibbon(t *testing.T) {
	s := newSite(t, func(o *kit.Options) { o.Demo = true })
	s.withPage("/page")
	s.get("/page").wants(t, "Demo:", `href="/mailbox"`)
}

func TestDesk(t *testing.T) {
	s := frameSite(t)
	s.signIn(account.Organiser)
	s.App.Get("/desk/e/:slug/delegates", kit.RequireOrganiser, func(c *fiber.Ctx) error {
		frame := kit.NewFrame(c, "Delegates")
		frame.ForDesk(&conference, kit.DeskDelegates, []event.Event{conference}, map[string]string{kit.DeskDelegates: "1,204"})
		return kit.Render(c, "desk/event", framedPage{frame, "mine"})
	})
	s.App.Get("/desk", kit.RequireOrganiser, func(c *fiber.Ctx) error {
		frame := kit.NewFrame(c, "Events")
		frame.ForDesk(nil, kit.DeskOverview, nil, nil)
		return kit.Render(c, "desk/event", framedPage{frame, "mine"})
	})
	a := s.get("/desk/e/iclc-2015/delegates")
	a.wants(t, `<body class="desk">`, "/static/desk.", `<span>Rosa</span>`, `action="/sign-out"`, `name="_csrf" value="`,
		`<a href="/desk/e/iclc-2015/delegates" aria-current="page">`, `<span class="count">1,204</span>`,
		`<a href="/desk/e/iclc-2015" aria-current="true">2nd International Conference</a>`, `href="/door/e/iclc-2015"`, "<p>mine")
	s.get("/desk").wants(t, `<a href="/desk/jobs">`, `<a href="/desk" aria-current="page">`)
}

func TestDoor(t *testing.T) {
	s := frameSite(t)
	s.App.Get("/door/e/:slug", func(c *fiber.Ctx) error {
		frame := kit.NewFrame(c, "Main entrance")
		frame.ForDoor(conference, "Main entrance")
		return kit.Render(c, "door/event", framedPage{frame, "mine"})
	})
	a := s.get("/door/e/iclc-2015")
	a.wants(t, `<body class="door" data-csrf="`, "<strong>Main entrance</strong>", "<p>mine")
}

func TestPublicFrame(t *testing.T) {
	s := frameSite(t)
	frame := s.PublicFrame("fr", "/e/iclc-2015/programme", "Programme")
	frame.ForEvent(conference, kit.Programme, kit.Programme)
	var b strings.Builder
	if err := s.Views.Execute(&b, "site/event", framedPage{frame, "mine"}); err != nil {
		t.Fatal(err)
	}
	answer{body: b.String()}.wants(t, `<html lang="fr"`, `href="/e/iclc-2015/programme?lang=es"`)
	if _, err := frame.CSRF(); err == nil {
		t.Error("a page for everybody has a token")
	}
}
