package outbox_test

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"strings"
	"testing"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
)

func composing(m outbox.Message) func(*outbox.SMTP, *outbox.Options) {
	return func(_ *outbox.SMTP, o *outbox.Options) {
		o.Composer = composerFunc(func(context.Context, outbox.Letter, outbox.Purpose) (outbox.Message, error) { return m, nil })
	}
}

func TestParts(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	png := bytes.Repeat([]byte{0x89, 'P', 'N', 'G', 0, '\r', '\n', '.', '\n'}, 100)
	calendar := "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Reunión\r\nEND:VCALENDAR\r\n"
	o := w.outbox(composing(outbox.Message{
		Subject:  "Ciudades del aprendizaje: su inscripción, la confirmación y todo lo demás que conviene saber",
		Language: "es",
		Text:     "Hola\n.\n..two dots\n" + strings.Repeat("largo ", 300) + "fin",
		HTML:     `<p dir="rtl">مرحبا</p><img src="cid:logo@convene">`,
		ReplyTo:  outbox.Address{Name: "Secretaría", Email: "iclc@example.org"},
		Headers:  map[string]string{"List-Unsubscribe": "<https://convene.example.org/u/" + strings.Repeat("x", 100) + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
		Inline:   []outbox.File{{Name: "logo.png", ContentType: "image/png", ContentID: "logo@convene", Data: png}},
		Attached: []outbox.File{
			{Name: "sesión \"A\".ics", ContentType: "text/calendar; method=REQUEST; charset=utf-8", Data: []byte(calendar)},
			{Name: "badge.pdf", ContentType: "application/pdf", Data: png},
		},
	}))
	w.queue(outbox.Letter{ID: "a", Language: "qu"}) // for whom there is no text in their own
	if counts := w.deliver(o); counts["sent"] != 1 {
		t.Fatalf("counts: %v, %+v", counts, w.get(o, "a").Attempts)
	}
	raw := w.smtp.Messages()[0].Raw
	for line := range bytes.Lines(raw) {
		if len(line) > 200 || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	m, err := catcher.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Ciudades del aprendizaje: su inscripción, la confirmación y todo lo demás que conviene saber"; m.Subject != want {
		t.Errorf("subject: %q", m.Subject)
	}
	if text := strings.ReplaceAll(m.Text, "\r\n", "\n"); !strings.HasPrefix(text, "Hola\n.\n..two dots\nlargo") || !strings.HasSuffix(strings.TrimSpace(text), "fin") {
		t.Errorf("text: %q", text)
	}
	if m.HTML != `<p dir="rtl">مرحبا</p><img src="cid:logo@convene">` {
		t.Errorf("html: %q", m.HTML)
	}
	if reply, err := mail.ParseAddress(m.Header.Get("Reply-To")); err != nil || reply.Name != "Secretaría" || reply.Address != "iclc@example.org" {
		t.Errorf("reply to: %v, %v", reply, err)
	}
	if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || m.Header.Get("Content-Language") != "es" {
		t.Errorf("headers: %v", m.Header)
	}
	var got []string
	for _, p := range m.Parts {
		got = append(got, fmt.Sprintf("%s %s %s %q %s", p.Within, p.ContentType, p.Disposition, p.Name, p.ContentID))
	}
	want := []string{
		`mixed/related/alternative text/plain  "" `,
		`mixed/related/alternative text/html  "" `,
		`mixed/related image/png inline "logo.png" logo@convene`,
		`mixed text/calendar attachment "sesión \"A\".ics" `,
		`mixed application/pdf attachment "badge.pdf" `,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("parts:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := m.Parts[3]; p.Params["method"] != "REQUEST" || string(p.Data) != calendar {
		t.Errorf("calendar: %v %q", p.Params, p.Data)
	}
	if !bytes.Equal(m.Parts[2].Data, png) || !bytes.Equal(m.Parts[4].Data, png) {
		t.Error("a file did not come through")
	}
}

func TestHostileNames(t *testing.T) {
	names := []string{
		"Ana\r\nBcc: everybody@example.org", "Ana\nSubject: other", `Ana" <eve@example.org>`, `back\slash "quoted"`,
		"Łódź, Miasto; (uczące) się <x@example.org>", "日本語の名前", "محمد علي", "a\x00b\x1b[31m", strings.Repeat("very long ", 60),
		"=?utf-8?q?=0D=0ABcc:_x@example.org?=", "Ana\u2028Bcc: x@example.org",
	}
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) {
		o.Composer = composerFunc(func(_ context.Context, l outbox.Letter, _ outbox.Purpose) (outbox.Message, error) {
			return outbox.Message{Subject: "For " + l.To.Name, Text: "Hello", ReplyTo: outbox.Address{Name: l.To.Name, Email: "office@example.org"}}, nil
		})
	})
	for i, name := range names {
		w.queue(outbox.Letter{ID: fmt.Sprint(i), To: outbox.Address{Name: name, Email: fmt.Sprintf("n%d@example.org", i)}})
	}
	if counts := w.deliver(o); counts["sent"] != len(names) {
		t.Fatalf("counts: %v", counts)
	}
	for _, caught := range w.smtp.Messages() {
		m, err := catcher.Parse(caught.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Header["Bcc"]) > 0 || len(m.Header["Subject"]) != 1 || strings.Contains(m.Subject, "\n") || !strings.HasPrefix(m.Subject, "For ") {
			t.Errorf("headers: %v", m.Header)
		}
		to, err := mail.ParseAddressList(m.Header.Get("To"))
		if err != nil || len(to) != 1 || len(caught.To) != 1 || to[0].Address != caught.To[0] {
			t.Errorf("to %q: %v, %v", m.Header.Get("To"), to, err)
		}
		if reply, err := mail.ParseAddressList(m.Header.Get("Reply-To")); err != nil || len(reply) != 1 || reply[0].Name != to[0].Name {
			t.Errorf("reply to: %v, %v", reply, err)
		}
	}
}

func TestNamesComeThrough(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	for i, name := range []string{"Łódź, Miasto; (uczące) się <x@example.org>", "日本語の名前", `back\slash "quoted"`, "José María de la Concepción Ñáñez-Gutiérrez y Fernández de Córdoba"} {
		w.queue(outbox.Letter{ID: name, To: outbox.Address{Name: name, Email: fmt.Sprintf("n%d@example.org", i)}})
		w.deliver(o)
		m, err := catcher.Parse(w.smtp.Messages()[i].Raw)
		if err != nil {
			t.Fatal(err)
		}
		if to, err := mail.ParseAddress(m.Header.Get("To")); err != nil || to.Name != name {
			t.Errorf("got %v (%v), want %q", to, err, name)
		}
	}
}

func TestHostileAddressesAndHeaders(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	for _, email := range []string{
		"a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org> SIZE=1", "a@example.org, b@example.org", "Ana <a@example.org>",
		"nobody", "a@", "@example.org", "a b@example.org", "a@exa mple.org",
	} {
		w.queue(outbox.Letter{ID: email, To: outbox.Address{Email: email}})
		if counts := w.deliver(o); counts["failed"] != 1 {
			t.Errorf("%q: %v", email, counts)
		}
	}
	good := outbox.Message{Subject: "S", Text: "T"}
	for name, m := range map[string]outbox.Message{
		"value":   {Headers: map[string]string{"X-A": "b\r\nBcc: x@example.org"}},
		"name":    {Headers: map[string]string{"X-A: b\r\nBcc": "x@example.org"}},
		"bcc":     {Headers: map[string]string{"bCC": "x@example.org"}},
		"content": {Headers: map[string]string{"content-type": "text/plain"}},
		"reply":   {ReplyTo: outbox.Address{Email: "x@example.org\r\nBcc: y@example.org"}},
		"type":    {Attached: []outbox.File{{Name: "a", ContentType: "text/plain\r\nX: y"}}},
		"cid":     {Inline: []outbox.File{{Name: "a", ContentType: "image/png", ContentID: "a>\r\nX: y"}}},
		"no cid":  {Inline: []outbox.File{{Name: "a", ContentType: "image/png"}}},
	} {
		m.Subject, m.Text = good.Subject, good.Text
		w.queue(outbox.Letter{ID: name})
		if counts := w.deliver(w.outbox(composing(m))); counts["failed"] != 1 {
			t.Errorf("%s: %v", name, counts)
		}
	}
	for _, m := range []outbox.Message{{Text: "T"}, {Subject: "S"}} {
		w.queue(outbox.Letter{ID: "empty" + m.Text})
		if counts := w.deliver(w.outbox(composing(m))); counts["failed"] != 1 {
			t.Errorf("%+v: %v", m, counts)
		}
	}
	if n := len(w.smtp.Messages()); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a", To: outbox.Address{Email: "josé@bücher.test"}})
	if counts := w.deliver(o); counts["sent"] != 1 {
		t.Fatalf("counts: %v, %+v", counts, w.get(o, "a").Attempts)
	}
	if to := w.smtp.Messages()[0].To[0]; to != "josé@xn--bcher-kva.test" {
		t.Errorf("to %q", to)
	}
}
