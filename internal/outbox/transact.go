package outbox

import (
	"bytes"
	"errors"
	"fmt"
)

// transact hands one message over: in one round trip if the server takes
// commands in a row (RFC 2920) and messages as a chunk (RFC 3030), in two if it
// knows only the first.
func (c *connection) transact(e envelope) error {
	pipelining, _ := c.client.Extension("PIPELINING")
	if chunking, _ := c.client.Extension("CHUNKING"); pipelining && chunking && evenLines(e.body) {
		return c.sendChunk(e)
	}
	if err := c.patience(1); err != nil {
		return err
	}
	if err := c.sendEnvelope(e, pipelining); err != nil {
		return err
	}
	if err := c.patience(4); err != nil {
		return err
	}
	if err := c.sendBody(e.body); err != nil {
		return err
	}
	_, _, err := c.client.Text.ReadResponse(250)
	return err
}

// sendChunk sends envelope and message at once. Refused recipients make the
// server throw the chunk away.
func (c *connection) sendChunk(e envelope) error {
	text := c.client.Text
	if err := c.patience(4); err != nil {
		return err
	}
	fmt.Fprintf(text.W, "MAIL FROM:<%s>%s\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n", e.from, c.mailParameters(), e.to, len(e.body))
	text.W.Write(e.body)
	if err := text.W.Flush(); err != nil { // reports what went wrong above, too
		return err
	}
	_, _, errMail := text.ReadResponse(250)
	_, _, errRcpt := text.ReadResponse(25)
	_, _, errData := text.ReadResponse(250)
	return first(senderRefused(errMail), errRcpt, errData)
}

// sendEnvelope returns once the server waits for the message.
func (c *connection) sendEnvelope(e envelope, pipelining bool) error {
	if pipelining {
		return c.pipeline(e)
	}
	if err := c.client.Mail(e.from); err != nil {
		return senderRefused(err)
	}
	if err := c.client.Rcpt(e.to); err != nil {
		return err
	}
	return c.command(354, "DATA")
}

// errSenderRefused marks a refusal of the sender, which says nothing about the
// letter: all others would be refused too.
var errSenderRefused = errors.New("the mail server refuses the sender")

func senderRefused(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errSenderRefused, err)
}

func (c *connection) command(expected int, line string) error {
	if err := c.client.Text.PrintfLine("%s", line); err != nil {
		return err
	}
	_, _, err := c.client.Text.ReadResponse(expected)
	return err
}

// pipeline sends the envelope at once. The addresses have passed parseAddress,
// so none holds a line end.
func (c *connection) pipeline(e envelope) error {
	text := c.client.Text
	fmt.Fprintf(text.W, "MAIL FROM:<%s>%s\r\nRCPT TO:<%s>\r\nDATA\r\n", e.from, c.mailParameters(), e.to)
	if err := text.W.Flush(); err != nil {
		return err
	}
	_, _, errMail := text.ReadResponse(250)
	_, _, errRcpt := text.ReadResponse(25)
	_, _, errData := text.ReadResponse(354)
	refused := first(senderRefused(errMail), errRcpt)
	if refused != nil && errData == nil { // it waits for a message to nobody
		return errors.Join(refused, c.abandon())
	}
	return first(refused, errData)
}

// abandon ends a message that has no recipient. What the server says to it does
// not matter.
func (c *connection) abandon() error {
	if err := c.client.Text.PrintfLine("."); err != nil {
		return err
	}
	_, _, err := c.client.Text.ReadCodeLine(0)
	return err
}

func (c *connection) mailParameters() string {
	parameters := ""
	if ok, _ := c.client.Extension("8BITMIME"); ok {
		parameters += " BODY=8BITMIME"
	}
	if ok, _ := c.client.Extension("SMTPUTF8"); ok {
		parameters += " SMTPUTF8"
	}
	return parameters
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// evenLines reports whether all lines end with CRLF, the last one too.
func evenLines(body []byte) bool {
	lines := bytes.Count(body, []byte("\r\n"))
	return bytes.Count(body, []byte("\n")) == lines && bytes.Count(body, []byte("\r")) == lines && bytes.HasSuffix(body, []byte("\r\n"))
}

// sendBody sends the message and the dot that ends it. A message with line ends
// of one kind is doubled its dots here; net/textproto, which goes byte by byte,
// mends any other.
func (c *connection) sendBody(body []byte) error {
	if !evenLines(body) {
		w := c.client.Text.DotWriter()
		if _, err := w.Write(body); err != nil {
			return err
		}
		return w.Close()
	}
	out := c.client.Text.W
	if body[0] == '.' {
		out.WriteByte('.')
	}
	out.Write(bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n..")))
	out.WriteString(".\r\n")
	return out.Flush() // reports what went wrong above, too
}
