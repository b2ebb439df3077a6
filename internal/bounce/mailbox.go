package bounce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emersion/go-mbox"

	"convene/internal/store"
)

// mark is the last message of a mailbox that was read. If it is not there any
// more, the mailbox is another one: emptied, put aside, tidied up by somebody. Then
// it is read from its beginning, since a report that comes twice is kept once.
type mark struct {
	ID     string `json:"id"` // the file's path
	Offset int64  `json:"offset"`
	Digest string `json:"digest"`
}

// ReadMailbox takes the reports that came into the mailbox file since it was last
// read, and counts as Take does, with "other" for messages that are no reports and
// "large" for those beyond MaxMessage. The file, in the mbox format, is only ever
// read; while there is none, nothing has come. A message that was still being
// written is read again once it is whole.
func (s *Service) ReadMailbox(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	file, err := openMailbox(s.Mailbox)
	if file == nil {
		return counts, err
	}
	defer file.Close()
	last, err := marks.Get(ctx, s.DB, s.Mailbox)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return counts, err
	}
	box, err := resume(file, last)
	if err != nil {
		return counts, err
	}
	now, err := s.takeAll(ctx, box, last, counts)
	if now == last {
		return counts, err
	}
	return counts, errors.Join(err, s.remember(context.WithoutCancel(ctx), now)) // even if the program stops
}

func (s *Service) remember(ctx context.Context, m mark) error {
	m.ID = s.Mailbox
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := marks.Get(ctx, tx, m.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return marks.Put(tx, m)
	})
}

// takeAll takes what the mailbox still holds, and returns the last message that
// it took.
func (s *Service) takeAll(ctx context.Context, box *mailbox, last mark, counts map[string]int) (mark, error) {
	for ctx.Err() == nil {
		m, err := box.next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		if err := s.takeOne(ctx, m, counts); err != nil {
			return last, err
		}
		last = m.mark
	}
	return last, ctx.Err()
}

func (s *Service) takeOne(ctx context.Context, m entry, counts map[string]int) error {
	if len(m.raw) > MaxMessage {
		counts["large"]++
		return nil
	}
	taken, err := s.Take(ctx, m.raw)
	if errors.Is(err, ErrNoReport) {
		counts["other"]++
		return nil
	}
	for what, n := range taken {
		counts[what] += n
	}
	return err
}

// openMailbox returns nothing when the file is not there: some mail servers
// remove one that is empty.
func openMailbox(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := os.Stat(filepath.Dir(path))
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, fmt.Errorf("bounce: %s is not a file", path)
	}
	return os.Open(path)
}

// mailbox reads one message after the other.
type mailbox struct {
	messages *mbox.Reader
	begins   *begins
	read     int
}

// entry is a message, or its beginning if it is longer than MaxMessage.
type entry struct {
	raw []byte
	mark
}

// resume goes on after the last message that was read, or begins anew if the
// mailbox does not hold it where it was.
func resume(file io.ReadSeeker, last mark) (*mailbox, error) {
	if last.Digest != "" {
		box, err := openAt(file, last.Offset)
		if err != nil {
			return nil, err
		}
		if first, err := box.next(); err == nil && first.Digest == last.Digest {
			return box, nil
		}
	}
	return openAt(file, 0)
}

func openAt(file io.ReadSeeker, offset int64) (*mailbox, error) {
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, err
	}
	b := &begins{r: file, at: offset}
	return &mailbox{messages: mbox.NewReader(b), begins: b}, nil
}

// next returns the next message, io.EOF after the last one.
func (b *mailbox) next() (entry, error) {
	r, err := b.messages.NextMessage()
	if errors.Is(err, mbox.ErrInvalidFormat) {
		return entry{}, errors.New("bounce: the mailbox is not in the mbox format: it does not begin with \"From \"")
	}
	if err != nil {
		return entry{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, MaxMessage+1))
	if err != nil {
		return entry{}, err
	}
	sum := sha256.Sum256(raw)
	e := entry{raw: raw, mark: mark{Offset: b.begins.list[b.read], Digest: hex.EncodeToString(sum[:])}}
	b.read++
	return e, nil
}

// separator begins the line before each message.
const separator = "From "

// begins passes a mailbox through and notes where its messages begin, which
// go-mbox does not tell. It splits where that does.
type begins struct {
	r       io.Reader
	at      int64 // of the next byte
	matched int   // how much of the separator the line has so far; -1: it has none
	list    []int64
}

// Read implements io.Reader.
func (b *begins) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	for i, c := range p[:n] {
		switch {
		case c == '\n':
			b.matched = 0
		case b.matched < 0 || c != separator[b.matched]:
			b.matched = -1
		default:
			b.matched++
		}
		if b.matched == len(separator) {
			b.list = append(b.list, b.at+int64(i)+1-int64(len(separator)))
			b.matched = -1
		}
	}
	b.at += int64(n)
	return n, err
}
