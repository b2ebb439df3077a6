package outbox

import (
	"context"
	"errors"
	"strings"
)

// Composer writes letters. It is asked again at each attempt, so that a letter
// tells how things stand when it goes out.
type Composer interface {
	// Compose returns the letter's message. An error ends the letter as failed
	// and is shown on the desk; the context's own error does not.
	Compose(ctx context.Context, l Letter, p Purpose) (Message, error)
}

// ErrPointless is a composer's error for a letter that no longer applies: its rule
// was removed, or the reader no longer fits. It ends the letter as cancelled.
var ErrPointless = errors.New("the letter no longer applies")

// Purpose is what a message is composed for.
type Purpose int

const (
	// ForSending is the letter as its recipient gets it.
	ForSending Purpose = iota
	// ForReading is for the desk: links that act as the recipient are hidden.
	ForReading
)

// Message is a letter's content. Text or HTML may be empty, not both.
type Message struct {
	Subject  string
	Text     string
	HTML     string
	ReplyTo  Address           // zero: answers go to the sender
	Language string            // of the text; empty: the letter's
	Headers  map[string]string // further ones, such as List-Unsubscribe
	Inline   []File            // images that HTML shows as cid:ContentID
	Attached []File

	// Calendar is for the reader's calendar program. Nil: there is none.
	Calendar *Calendar
}

// Calendar is an iTIP message (RFC 5546) as a part of a letter (iMIP, RFC 6047).
type Calendar struct {
	Method string // REQUEST or CANCEL, the same as within Data
	Data   []byte // iCalendar, in UTF-8
}

// File is something in a message.
type File struct {
	Name        string
	ContentType string // with its parameters: "text/calendar; method=REQUEST; charset=utf-8"
	ContentID   string // of an inline one, without angle brackets
	Data        []byte
}

// Copy is what the desk keeps. A record that the store cannot take would have
// the letter sent again and again.
func (m Message) Copy() Copy {
	c := Copy{Subject: validText(m.Subject), Text: validText(m.Text), HTML: validText(m.HTML)}
	for _, f := range m.Attached {
		c.Files = append(c.Files, validText(f.Name))
	}
	return c
}

func validText(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
