package catcher

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A file of the folder is the message behind two lines that keep its envelope.
const (
	fromLine = "Return-Path: "
	toLine   = "X-Envelope-To: "
	fileEnd  = ".eml"
	idTime   = "20060102T150405.000000"
)

// load reads the messages that an earlier catcher left in the folder.
func (c *Catcher) load() error {
	if c.options.Folder == "" {
		return nil
	}
	if err := os.MkdirAll(c.options.Folder, 0o700); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(c.options.Folder, "*"+fileEnd)) // sorted
	if err != nil {
		return err
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if m, ok := decodeFile(strings.TrimSuffix(filepath.Base(name), fileEnd), body); ok {
			c.add(m)
		}
	}
	return nil
}

func (c *Catcher) write(m Message) error {
	if c.options.Folder == "" {
		return nil
	}
	head := fmt.Sprintf("%s%s\r\n%s%s\r\n", fromLine, m.From, toLine, strings.Join(m.To, ", "))
	unfinished := c.file(m) + ".part"
	if err := os.WriteFile(unfinished, append([]byte(head), m.Raw...), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, c.file(m))
}

func (c *Catcher) remove(m Message) {
	if c.options.Folder != "" {
		_ = os.Remove(c.file(m)) // one too many in the folder does no harm
	}
}

func (c *Catcher) file(m Message) string { return filepath.Join(c.options.Folder, m.ID+fileEnd) }

// decodeFile reads what write wrote; files of another origin are left alone.
func decodeFile(id string, body []byte) (Message, bool) {
	when, _, _ := strings.Cut(id, "-")
	received, err := time.Parse(idTime, when)
	if err != nil {
		return Message{}, false
	}
	from, rest, okFrom := bytes.Cut(body, []byte("\r\n"))
	to, raw, okTo := bytes.Cut(rest, []byte("\r\n"))
	if !okFrom || !okTo || !bytes.HasPrefix(from, []byte(fromLine)) || !bytes.HasPrefix(to, []byte(toLine)) {
		return Message{}, false
	}
	return Message{
		ID: id, Received: received, Raw: raw,
		From: string(from[len(fromLine):]), To: strings.Split(string(to[len(toLine):]), ", "),
	}, true
}
