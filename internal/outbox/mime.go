package outbox

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/textproto"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/go-mail/mail/v2"
)

// envelope is a message ready to be handed to a server.
type envelope struct {
	from, to string
	body     []byte
}

// render writes the message as the bytes that go out. It is done before a
// connection is taken, since go-mail forgets errors of the writer it is given.
func render(l Letter, m Message, from Address, now time.Time) (envelope, error) {
	sender, errFrom := parseAddress(from)
	to, errTo := parseAddress(l.To)
	if err := errors.Join(errFrom, errTo, m.check()); err != nil {
		return envelope{}, err
	}
	out := mail.NewMessage()
	out.SetAddressHeader("From", sender.Email, sender.Name)
	out.SetAddressHeader("To", to.Email, to.Name)
	out.SetHeader("Subject", oneLine(m.Subject))
	out.SetDateHeader("Date", now.UTC())
	out.SetHeader("Message-ID", l.MessageID)
	out.SetHeader("Auto-Submitted", "auto-generated")
	if l.Language != "" {
		out.SetHeader("Content-Language", oneLine(cmp.Or(m.Language, l.Language)))
	}
	if m.ReplyTo.Email != "" {
		reply, err := parseAddress(m.ReplyTo)
		if err != nil {
			return envelope{}, err
		}
		out.SetAddressHeader("Reply-To", reply.Email, reply.Name)
	}
	for name, value := range m.Headers {
		out.SetHeader(name, value)
	}
	setBody(out, m)
	var body bytes.Buffer
	if _, err := out.WriteTo(&body); err != nil {
		return envelope{}, err
	}
	return envelope{from: sender.Email, to: to.Email, body: body.Bytes()}, nil
}

// setBody adds text, HTML, calendar, images and attachments. go-mail nests them as mixed,
// related and alternative, as far as each is needed.
func setBody(out *mail.Message, m Message) {
	switch {
	case m.HTML == "":
		out.SetBody("text/plain", m.Text)
	case m.Text == "":
		out.SetBody("text/html", m.HTML)
	default:
		out.SetBody("text/plain", m.Text)
		out.AddAlternative("text/html", m.HTML)
	}
	if m.Calendar != nil { // as an alternative, where calendar programs look for it
		out.AddAlternative("text/calendar; method="+m.Calendar.Method, string(m.Calendar.Data), mail.SetPartEncoding(mail.Base64))
	}
	for _, f := range m.Inline {
		out.EmbedReader(f.name(), bytes.NewReader(f.Data), mail.SetHeader(f.header("inline")))
	}
	for _, f := range m.Attached {
		out.AttachReader(f.name(), bytes.NewReader(f.Data), mail.SetHeader(f.header("attachment")))
	}
}

// check refuses what would not be a letter, or would be another than it seems.
func (m Message) check() error {
	if strings.TrimSpace(m.Subject) == "" || m.Text == "" && m.HTML == "" {
		return errors.New("a letter needs a subject and a text")
	}
	for name, value := range m.Headers {
		if err := checkHeader(name, value); err != nil {
			return err
		}
	}
	if m.Calendar != nil && m.Calendar.Method != "REQUEST" && m.Calendar.Method != "CANCEL" {
		return fmt.Errorf("calendar method %q", m.Calendar.Method)
	}
	for _, f := range m.Inline {
		if f.ContentID == "" {
			return fmt.Errorf("image %q has no content id", f.name())
		}
	}
	for _, f := range append(append([]File{}, m.Inline...), m.Attached...) {
		if _, _, err := mime.ParseMediaType(f.ContentType); err != nil {
			return fmt.Errorf("file %q: content type %q: %w", f.name(), f.ContentType, err)
		}
		if strings.ContainsFunc(f.ContentID, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
			return fmt.Errorf("file %q: content id %q", f.name(), f.ContentID)
		}
	}
	return nil
}

// checkHeader lets composers add headers, but not end one or replace what the
// outbox sets itself.
func checkHeader(name, value string) error {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	for _, r := range name {
		if r <= ' ' || r > '~' || r == ':' {
			return fmt.Errorf("header name %q", name)
		}
	}
	switch canonical {
	case "", "From", "To", "Cc", "Bcc", "Sender", "Subject", "Date", "Message-Id", "Reply-To", "Auto-Submitted", "Mime-Version", "Return-Path":
		return fmt.Errorf("header %q is not the composer's", name)
	}
	if strings.HasPrefix(canonical, "Content-") {
		return fmt.Errorf("header %q is not the composer's", name)
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("header %s holds a control character", name)
	}
	return nil
}

func (f File) name() string {
	name := path.Base(strings.ReplaceAll(oneLine(f.Name), `\`, "/"))
	if name == "." || name == "/" {
		return "file"
	}
	return name
}

// header returns the headers of the file's part. go-mail would quote the name
// without escaping it.
func (f File) header(disposition string) map[string][]string {
	mediaType, params, err := mime.ParseMediaType(f.ContentType)
	if err != nil { // check has seen it
		mediaType, params = "application/octet-stream", map[string]string{}
	}
	params["name"] = f.name()
	h := map[string][]string{
		"Content-Type":        {mime.FormatMediaType(mediaType, params)},
		"Content-Disposition": {mime.FormatMediaType(disposition, map[string]string{"filename": f.name()})},
	}
	if f.ContentID != "" {
		h["Content-ID"] = []string{"<" + f.ContentID + ">"}
	}
	return h
}

// oneLine makes text fit for a header: control characters, line ends among
// them, become spaces, and what looks like an encoded word no longer does, since
// readers would decode whatever it hides.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, validText(text))
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "=?", "= ?")
}
