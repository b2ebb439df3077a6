package catcher

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// Parsed is a message taken apart. Text is UTF-8.
type Parsed struct {
	Header  mail.Header
	Subject string
	Text    string // the first text/plain part that is no attachment
	HTML    string // the first text/html part that is no attachment
	Parts   []Part // every part that is not a multipart, in order
}

// Part is a piece of a message, with its transfer encoding undone.
type Part struct {
	Within      string // the multipart types around it: "mixed/related/alternative"
	ContentType string // without parameters: "text/calendar"
	Params      map[string]string
	Disposition string // inline, attachment or empty
	Name        string // the file's
	ContentID   string // without the angle brackets
	Data        []byte
}

// maxDepth bounds how deep parts may lie in one another.
const maxDepth = 10

// Parse takes a message apart.
func Parse(raw []byte) (Parsed, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Parsed{}, fmt.Errorf("catcher: %w", err)
	}
	p := Parsed{Header: m.Header, Subject: decodeWords(m.Header.Get("Subject"))}
	if err := p.read(textproto.MIMEHeader(m.Header), m.Body, nil); err != nil {
		return p, fmt.Errorf("catcher: %w", err)
	}
	return p, nil
}

func (p *Parsed) read(h textproto.MIMEHeader, body io.Reader, within []string) error {
	contentType := h.Get("Content-Type")
	if contentType == "" {
		contentType = "text/plain"
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if kind, ok := strings.CutPrefix(mediaType, "multipart/"); ok && len(within) < maxDepth {
		return p.readParts(multipart.NewReader(body, params["boundary"]), append(within, kind))
	}
	data, err := io.ReadAll(decodeTransfer(h.Get("Content-Transfer-Encoding"), body))
	if err != nil {
		return err
	}
	p.add(h, Part{Within: strings.Join(within, "/"), ContentType: mediaType, Params: params, Data: data})
	return nil
}

func (p *Parsed) readParts(r *multipart.Reader, within []string) error {
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.read(part.Header, part, within); err != nil {
			return err
		}
	}
}

func (p *Parsed) add(h textproto.MIMEHeader, part Part) {
	disposition, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err == nil {
		part.Disposition, part.Name = disposition, decodeWords(params["filename"])
	}
	part.ContentID = strings.Trim(h.Get("Content-ID"), "<> ")
	p.Parts = append(p.Parts, part)
	switch {
	case part.Disposition == "attachment":
	case part.ContentType == "text/plain" && p.Text == "":
		p.Text = string(part.Data)
	case part.ContentType == "text/html" && p.HTML == "":
		p.HTML = string(part.Data)
	}
}

func decodeTransfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

// decodeWords undoes RFC 2047 encoding; what cannot be decoded stays as it is.
func decodeWords(text string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(text)
	if err != nil {
		return text
	}
	return decoded
}
