package kit_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/problem"
	"convene/internal/web/kit"
)

type registerPage struct {
	kit.Frame
	Form       *kit.Form
	Categories []kit.Option
}

const registerTemplate = `{{template "site" .}}{{define "content"}}<form class="form" method="post">
{{template "csrf" .}}{{template "errors" .Form}}
{{template "field" (field .Form "email" "label" "E-mail" "hint" "Where letters go" "type" "email" "required" true)}}
{{template "field" (field .Form "password" "label" "Password" "type" "password")}}
{{template "select" (field .Form "category" "label" "Category" "options" .Categories)}}
{{template "radios" (field .Form "part" "id" "parts" "label" "Part" "options" .Categories "required" true)}}
{{template "checkboxes" (field .Form "need" "label" "Needs" "options" .Categories "optional" true)}}
{{template "checkbox" (field .Form "visa" "label" "A letter for my visa" "checked" true)}}
{{template "textarea" (field .Form "remarks" "label" "Remarks" "optional" true "maxlength" 500)}}
</form>{{end}}`

func registerSite(t *testing.T) *site {
	s := newSite(t, with(t, shipped(t, "site/register.html", registerTemplate)))
	page := func(c *fiber.Ctx, form *kit.Form) error {
		return kit.Render(c, "site/register", registerPage{kit.NewFrame(c, "Register"), form,
			[]kit.Option{{Value: "mayor", Label: "Mayor", Note: "or deputy"}, {Value: "delegate", Label: "Delegate"}}})
	}
	s.App.Get("/form", func(c *fiber.Ctx) error {
		return page(c, kit.NewForm(c, url.Values{"email": {"kept@example.org"}, "visa": {"on"}}))
	})
	s.App.Get("/empty", func(c *fiber.Ctx) error { return page(c, kit.NewForm(c, nil)) })
	s.App.Post("/form", func(c *fiber.Ctx) error {
		form := kit.Posted(c)
		var faults problem.Form
		if !strings.Contains(form.Value("email"), "@") {
			faults.Add("email", "problem.field.email")
			faults.Add("parts", "problem.field.choice")
		}
		if err := faults.Err(); form.Refused(err) {
			return page(c.Status(fiber.StatusUnprocessableEntity), form)
		}
		return c.SendString(form.Values.Encode())
	})
	return s
}

func TestForm(t *testing.T) {
	s := registerSite(t)
	a := s.get("/form")
	a.wants(t, `<div class="field"><label for="email">E-mail</label><p class="hint" id="email-hint">Where letters go</p>`+
		`<input class="input" id="email" name="email" type="email" value="kept@example.org" required aria-describedby="email-hint"></div>`,
		`value="on" checked>`, ` aria-describedby="remarks-limit">`, `<p class="counter" id="remarks-limit">Up to 500 characters</p>`, `<span class="may">(optional)</span>`,
		`<option value="mayor">Mayor</option>`, `<span>Mayor <small>or deputy</small></span>`)
	if strings.Contains(a.body, "error-summary") || strings.Contains(a.body, "invalid") {
		t.Error("faults before anything was sent")
	}
	if strings.Contains(a.body, "maxlength") {
		t.Error("a browser leaves out the end of what is pasted, and says nothing")
	}
	s.get("/empty").wants(t, `id="visa" name="visa" value="on" checked`)
}

func TestFormShowsFaultsAndKeepsValues(t *testing.T) {
	s := registerSite(t)
	a := s.post("/form", url.Values{
		"_csrf": {s.token()}, "email": {`amina "at" example`}, "password": {"hidden horse"}, "category": {"delegate"},
		"part": {"mayor"}, "need": {"mayor", "delegate"}, "remarks": {"\n<b>I arrive"},
	})
	if a.StatusCode != 422 {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	a.wants(t, "<h2>2 things need to be put right</h2>", `<a href="#email">Enter an e-mail address`,
		`value="amina &#34;at&#34; example" required aria-invalid="true" aria-describedby="email-hint email-error">`,
		`<p class="error" id="email-error">`, `<option value="delegate" selected>`,
		`name="part" value="mayor" checked`, `name="need" value="delegate" checked`, "\n\n&lt;b&gt;I arrive</textarea>",
		`<fieldset class="group" id="parts"`)
	if strings.Contains(a.body, "hidden horse") || strings.Contains(a.body, `name="visa" value="on" checked`) {
		t.Error("the form shows a password, or a box that was cleared")
	}
}

func TestPostedMultipart(t *testing.T) {
	s := registerSite(t)
	token := s.token()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"_csrf", token}, {"email", "amina@example.org"}, {"need", "a"}, {"need", "b"}} {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := s.do(request("POST", "/form", &body, "Content-Type", w.FormDataContentType()))
	if a.StatusCode != 200 || !strings.Contains(a.body, "email=amina%40example.org&need=a&need=b") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
