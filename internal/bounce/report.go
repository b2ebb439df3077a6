package bounce

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// ErrNoReport says that a message is no report of a delivery: an answer that
// somebody wrote, or their machine while they are away.
var ErrNoReport = errors.New("no delivery status report (RFC 3464)")

// Report is what a mail server tells the sender of a letter.
type Report struct {
	ID         string // the same whenever and wherever this report is read
	MessageID  string // of the letter, with angle brackets; empty when it does not say
	Recipients []Recipient
}

// Recipient is what became of the letter for one address.
type Recipient struct {
	Final    string // the address that was tried last
	Original string // the address that the sender wrote; may be empty
	Action   string // "failed", "delayed", "delivered", "relayed" or "expanded"
	Status   string // "5.1.1" (RFC 3463); empty when it does not say
	Answer   string // the server's words
	Server   string // that said them
}

// Bounds on what a report is read of. A report that goes beyond is read so far.
const (
	maxHeader     = 128 << 10 // bytes
	maxStatus     = 256 << 10 // bytes of all that it says about recipients
	maxParts      = 20
	maxRecipients = 100
)

// Parse reads a report. A message that is none is an ErrNoReport; one that was cut
// short is read as far as it goes, if that is far enough to name a recipient.
func Parse(raw []byte) (Report, error) {
	m, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if m == nil {
		return Report{}, fmt.Errorf("%w: %w", ErrNoReport, err)
	}
	kind, parameters, err := m.Header.ContentType()
	if err != nil || kind != "multipart/report" || !strings.EqualFold(parameters["report-type"], "delivery-status") {
		return Report{}, fmt.Errorf("%w: its type is %q", ErrNoReport, clean(m.Header.Get("Content-Type"), 100))
	}
	r := Report{ID: reportID(m.Header.Get("Message-Id"), raw), MessageID: messageID(m.Header.Get("In-Reply-To"))}
	r.readParts(m.MultipartReader())
	if len(r.Recipients) == 0 {
		return Report{}, fmt.Errorf("%w: it names no recipient", ErrNoReport)
	}
	return r, nil
}

// reportID is made of the report's own Message-ID: on its way into a mailbox and
// to a hook, a report gets different headers.
func reportID(own string, raw []byte) string {
	if own = messageID(own); own != "" {
		raw = []byte(own)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// messageID returns the first id in a header's value, which may be a list.
func messageID(value string) string { return anyMessageID.FindString(value) }

var anyMessageID = regexp.MustCompile(`<[^<>\s]{1,500}>`)

// readParts looks for what the server says and for the letter that comes back.
func (r *Report) readParts(parts message.MultipartReader) {
	for range maxParts {
		part, _ := parts.NextPart() // a part in an unknown encoding is there all the same
		if part == nil {
			return // the end, or where the report was cut
		}
		kind, _, _ := part.Header.ContentType()
		switch kind {
		case "message/delivery-status", "message/global-delivery-status": // RFC 3464, RFC 6533
			r.readStatus(part.Body)
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
			header := headerOf(part.Body)
			r.MessageID = cmp.Or(messageID(header.Get("Message-Id")), r.MessageID)
		}
	}
}

// headerOf reads the header of the letter that comes back, which is often cut
// short.
func headerOf(body io.Reader) textproto.Header {
	header, _ := textproto.ReadHeader(bufio.NewReader(io.LimitReader(body, maxHeader)))
	return header
}

// readStatus reads groups of fields: the first is about the report, each of the
// others about a recipient.
func (r *Report) readStatus(body io.Reader) {
	fields := bufio.NewReader(io.LimitReader(body, maxStatus))
	for len(r.Recipients) < maxRecipients {
		group, err := textproto.ReadHeader(fields)
		if one := recipientOf(group); one.Final != "" || one.Original != "" {
			r.Recipients = append(r.Recipients, one)
		}
		if _, end := fields.Peek(1); err != nil || end != nil {
			return
		}
	}
}

func recipientOf(group textproto.Header) Recipient {
	one := Recipient{
		Final: address(group.Get("Final-Recipient")), Original: address(group.Get("Original-Recipient")),
		Action: firstWord(group.Get("Action")),
		Answer: clean(afterType(group.Get("Diagnostic-Code")), 1000), Server: clean(afterType(group.Get("Remote-Mta")), 255),
	}
	one.Status = cmp.Or(statusCode.FindString(group.Get("Status")), one.enhanced())
	if one.Status == "5.0.0" || one.Status == "4.0.0" { // the server's words may say more
		one.Status = cmp.Or(one.enhanced(), one.Status)
	}
	return one
}

var (
	statusCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)
	// "550 5.1.1 No such user" and "550-5.1.1 No such user"
	replyCode = regexp.MustCompile(`^([245]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3})\b)?`)
)

// enhanced returns the status within the server's words, if there is one.
func (r Recipient) enhanced() string {
	if m := replyCode.FindStringSubmatch(r.Answer); m != nil {
		return m[2]
	}
	return ""
}

// reply returns the three digits that the server's words begin with, or nothing.
func (r Recipient) reply() string {
	if m := replyCode.FindStringSubmatch(r.Answer); m != nil {
		return m[1]
	}
	return ""
}

// afterType drops the type before a value, as in "smtp; 550 No such user".
func afterType(value string) string {
	if _, after, ok := strings.Cut(value, ";"); ok {
		value = after
	}
	return strings.TrimSpace(value)
}

// address reads "rfc822; someone@example.org". Addresses beyond ASCII may come
// escaped (RFC 6533, 3).
func address(value string) string {
	text := strings.TrimSuffix(strings.TrimPrefix(afterType(value), "<"), ">")
	text = escaped.ReplaceAllStringFunc(text, func(code string) string {
		r, err := strconv.ParseUint(code[len(`\x{`):len(code)-1], 16, 32)
		if err != nil || !utf8.ValidRune(rune(r)) {
			return code
		}
		return string(rune(r))
	})
	if len(text) > 512 || !utf8.ValidString(text) {
		return ""
	}
	return strings.TrimSpace(text)
}

var escaped = regexp.MustCompile(`\\x\{[0-9A-Fa-f]{2,6}\}`)

func firstWord(value string) string {
	words := strings.Fields(strings.ToLower(value))
	if len(words) == 0 {
		return ""
	}
	return clean(words[0], 20)
}

// clean makes valid text of at most so many bytes.
func clean(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}
