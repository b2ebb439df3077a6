package desk_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/letter"
	"convene/internal/store"
)

// upload sends the page's form with files, by the button of that value.
func (b *browser) upload(page *goquery.Document, do string, typed, files map[string]string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	form := page.Find("main form.form")
	write := func(name, value string) {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) { write(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	write("do", do)
	for name, value := range typed {
		write(name, value)
	}
	for name, content := range files {
		part, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, form.AttrOr("action", ""), &body)
	r.Header.Set(fiber.HeaderContentType, w.FormDataContentType())
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := b.kit.App.Test(r, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, b.t, string(content)}
}

func TestAttachingFilesToAText(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	const path = "/desk/e/autumn/texts/event.week?language=fr"
	typed := map[string]string{"subject": "Not saved yet", "body": "Nor this", "file_for": "fr"}

	page := b.upload(b.open(path), "attach", typed, map[string]string{"Plan d’accès.txt": "À gauche."}).doc()
	wantText(t, page, ".attached li", "Plan d’accès.txt 1 kB · français")
	if got := page.Find("#subject").AttrOr("value", ""); got != "Not saved yet" {
		t.Errorf("the subject that was typed is now %q", got)
	}
	if text(b.open(path).Find("#body")) == "Nor this" {
		t.Error("attaching has saved the text")
	}

	a := b.upload(page, "save", typed, map[string]string{"virus.exe": "MZ"})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a program: %s", a.Status)
	}
	wantText(t, a.doc(), "#file-error", "“virus.exe” is of a kind that is not taken")
	wantText(t, a.doc(), "#body", "Nor this")

	// A file that was chosen comes along whichever button is pressed.
	typed["file_for"] = "all"
	saved := b.follow(b.upload(page, "save", typed, map[string]string{"days.csv": "day\n1\n"}))
	if n := saved.Find(".attached li").Length(); n != 2 {
		t.Errorf("%d files are listed", n)
	}
	wantText(t, saved, "#body", "Nor this")
	other := b.open("/desk/e/autumn/texts/event.week?language=es")
	wantText(t, other, ".attached", "days.csv")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "File attached: A week before")

	first := saved.Find(".attached button").First()
	page = b.upload(saved, first.AttrOr("value", ""), typed, nil).doc()
	if n := page.Find(".attached li").Length(); n != 1 || strings.Contains(page.Find(".attached").Text(), "Plan") {
		t.Errorf("%d files are left", n)
	}
}

// attach adds a file to letters.
func (h *house) attach(a letter.Attachment, name string, data []byte) error {
	return h.app.DB.Update(h.t.Context(), func(tx *store.Tx) error {
		return h.app.Composer.Attach(h.t.Context(), tx, "file", a, letter.Upload{Name: name, Data: data})
	})
}
