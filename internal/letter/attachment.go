package letter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/file"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Attachment is a file that goes with an event's letters of an occasion.
type Attachment struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Occasion string    `json:"occasion"`           // or what ForCategory makes of one
	Language string    `json:"language,omitempty"` // of the text that it goes with; empty: with all
	File     file.File `json:"file"`
	At       time.Time `json:"at"`
}

var attachments = store.NewCollection("letter_attachments", func(a Attachment) string { return a.ID },
	store.On("event", "event", "occasion", "at"))

// maxAttachments is how many files an occasion may have.
const maxAttachments = 10

// Attachments lists the files of an event's occasion, the first added first. They
// are kept in memory: every letter asks for them.
func (c *Composer) Attachments(ctx context.Context, eventID, occasion string) ([]Attachment, error) {
	all, err := c.attached.Get(c.DB, eventID, func() (map[string][]Attachment, error) {
		all := map[string][]Attachment{}
		for a, err := range attachments.All(ctx, c.DB, store.By("event", eventID)) {
			if err != nil {
				return nil, err
			}
			all[a.Occasion] = append(all[a.Occasion], a)
		}
		return all, nil
	}, attachments.Schema().Name)
	return all[occasion], err
}

// Upload is a file as somebody sent it.
type Upload struct {
	Name string
	Data []byte
}

// Attach adds files to the letters of a.Occasion in the transaction, from those on
// that have yet to be sent. A problem of kind Invalid, under the name of the field,
// says what is wrong with one of them.
func (c *Composer) Attach(ctx context.Context, tx *store.Tx, field string, a Attachment, uploads ...Upload) error {
	before, err := attachments.List(ctx, tx, store.By("event", a.Event, a.Occasion))
	if err != nil {
		return err
	}
	if len(before)+len(uploads) > maxAttachments {
		var faults problem.Form
		faults.Add(field, "problem.field.file_many", "Max", maxAttachments)
		return faults.Err()
	}
	for _, u := range uploads {
		if a.File, err = c.Files.Add(tx, field, a.Event, u.Name, u.Data); err != nil {
			return err
		}
		a.ID, a.At = a.File.ID, a.File.At
		if err := attachments.Create(tx, a); err != nil {
			return err
		}
		if err := c.recordAttachment(ctx, tx, "text.attach", a); err != nil {
			return err
		}
	}
	return nil
}

// Detach takes the file away in the transaction, from letters that have yet to be
// sent and from the links in those that were. One that is not there is no error.
func (c *Composer) Detach(ctx context.Context, tx *store.Tx, eventID, occasion, id string) error {
	a, err := attachments.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (a.Event != eventID || a.Occasion != occasion) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := attachments.Delete(ctx, tx, id); err != nil {
		return err
	}
	if err := c.Files.Remove(ctx, tx, a.File.ID); err != nil {
		return err
	}
	return c.recordAttachment(ctx, tx, "text.detach", a)
}

func (c *Composer) recordAttachment(ctx context.Context, tx *store.Tx, action string, a Attachment) error {
	return audit.Record(ctx, tx, audit.Entry{At: c.Clock(), Action: action, Event: a.Event, Subject: "text/" + a.Occasion, To: a.File.Name})
}

// attachFiles adds what organisers attached to letters of the occasion. What is too
// large is not even read.
func (w *writer) attachFiles(ctx context.Context) error {
	list, err := w.Attachments(ctx, w.event.ID, w.letter.Occasion)
	if err != nil {
		return err
	}
	if category := w.category(); category != "" { // those have them beside what everybody gets
		own, err := w.Attachments(ctx, w.event.ID, ForCategory(w.letter.Occasion, category))
		if err != nil {
			return err
		}
		list = append(slices.Clone(list), own...)
	}
	for _, a := range list {
		if a.Language != "" && a.Language != w.text.lang {
			continue
		}
		if !w.hasRoom(a.File.Size) {
			w.linked = append(w.linked, linkedFile{a.File.Name, w.BaseURL + "/files/" + w.Files.Token(a.File)})
			continue
		}
		data, err := w.Files.Content(ctx, a.File)
		if err != nil {
			return err
		}
		contentType := a.File.Type
		if strings.HasPrefix(contentType, "text/") {
			contentType += "; charset=utf-8"
		}
		w.message.Attached = append(w.message.Attached, outbox.File{Name: a.File.Name, ContentType: contentType, Data: data})
	}
	return nil
}

// hasRoom reports whether the letter may carry so many bytes more.
func (w *writer) hasRoom(size int) bool {
	for _, other := range w.message.Attached {
		size += len(other.Data)
	}
	return size <= w.MaxAttached
}
