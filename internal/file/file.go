// Package file keeps files that people send, such as what organisers attach to
// letters: only of kinds that are told here, named by what they are, in the
// database beside everything else, so that a backup has them too.
package file

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// File is what is known of a file. Its content stands apart.
type File struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"` // the event's id
	Name     string    `json:"name"`  // with its ending, without folders
	Type     string    `json:"type"`  // the media type that its content has
	Size     int       `json:"size"`  // bytes
	LinkHash string    `json:"link_hash"`
	At       time.Time `json:"at"`
	Private  bool      `json:"private,omitzero"` // not served to whoever has the link
}

// Limits narrow what is taken.
type Limits struct {
	Max     int      // bytes; 0: the service's
	Endings []string // of names; none: all of Endings
}

// chunk is a part of a file's content, small enough for one record.
type chunk struct {
	ID   string `json:"id"`
	Data []byte `json:"data"`
}

const (
	chunkSize = 256 << 10 // bytes

	// maxName is the longest name, in bytes: what file systems take.
	maxName = 200

	// remembered is how many bytes of content are kept in memory, for letters
	// that carry one file to many.
	remembered = 8 << 20
)

var (
	files  = store.NewCollection("files", func(f File) string { return f.ID }, store.On("link", "link_hash"))
	chunks = store.NewCollection("file_chunks", func(c chunk) string { return c.ID })
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{files.Schema(), chunks.Schema()} }

// Holds names the collections that files are kept in.
func Holds() []string { return []string{files.Schema().Name, chunks.Schema().Name} }

// Service keeps files.
type Service struct {
	DB     *store.DB
	Clock  func() time.Time
	Secret string // of the installation; links are made from it
	Max    int    // the largest file, in bytes

	mu    sync.Mutex
	known map[string][]byte // content by id, which never changes
	held  int               // bytes of it
}

// Add keeps a file of the event in the transaction. A problem of kind Invalid says,
// under the given field, what is wrong with it: nothing in it, too large, of a kind
// that is not taken, not what its name says, or with something in it that could harm
// who opens it (see inspect).
func (s *Service) Add(tx *store.Tx, field, event, name string, data []byte) (File, error) {
	return s.add(tx, field, File{Event: event, Name: name}, data, Limits{})
}

// AddPrivate is Add for a file that only the organisers see, within limits of its own.
func (s *Service) AddPrivate(tx *store.Tx, field, event, name string, data []byte, limits Limits) (File, error) {
	return s.add(tx, field, File{Event: event, Name: name, Private: true}, data, limits)
}

func (s *Service) add(tx *store.Tx, field string, f File, data []byte, limits Limits) (File, error) {
	f.ID, f.Name, f.At = store.NewID(), cleanName(f.Name), s.Clock().UTC().Truncate(time.Millisecond)
	if limits.Max == 0 || limits.Max > s.Max {
		limits.Max = s.Max
	}
	if len(limits.Endings) == 0 {
		limits.Endings = Endings()
	}
	var err error
	if f.Type, data, err = limits.check(field, f.Name, data); err != nil {
		return f, err
	}
	f.Size = len(data)
	f.LinkHash = link.Hash(s.Token(f))
	for i := 0; i*chunkSize < len(data); i++ {
		part := data[i*chunkSize : min(len(data), (i+1)*chunkSize)]
		if err := chunks.Create(tx, chunk{ID: chunkID(f.ID, i), Data: part}); err != nil {
			return f, err
		}
	}
	return f, files.Create(tx, f)
}

func chunkID(file string, n int) string { return fmt.Sprintf("%s/%04d", file, n) }

// cleanName takes the name out of what a browser sends, which may hold folders and
// signs that no file system takes.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*/`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	ending := path.Ext(name)
	if len(ending) > 10 {
		ending = ""
	}
	stem := strings.TrimSuffix(name, ending)
	for len(stem)+len(ending) > maxName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return stem + ending
}

// Token is the token of the link by which anybody who has it reads the file.
func (s *Service) Token(f File) string { return link.Token(s.Secret, "file", f.ID, 1) }

// ByToken finds the file of a link. A problem of kind NotFound says that it is no
// longer there, or never was.
func (s *Service) ByToken(ctx context.Context, token string) (File, error) {
	f, err := files.First(ctx, s.DB, store.By("link", link.Hash(token)))
	return f, notFound(err)
}

// Get returns what is known of a file.
func (s *Service) Get(ctx context.Context, id string) (File, error) {
	f, err := files.Get(ctx, s.DB, id)
	return f, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem.Wrap(err, problem.NotFound, "problem.file_not_found")
	}
	return err
}

// Content returns what the file holds. Nobody may change it.
func (s *Service) Content(ctx context.Context, f File) ([]byte, error) {
	s.mu.Lock()
	data, ok := s.known[f.ID]
	s.mu.Unlock()
	if ok {
		return data, nil
	}
	data = make([]byte, 0, f.Size)
	for i := 0; len(data) < f.Size; i++ {
		part, err := chunks.Get(ctx, s.DB, chunkID(f.ID, i))
		if err != nil {
			return nil, notFound(err)
		}
		data = append(data, part.Data...)
	}
	if !f.Private { // what people send about themselves stays no longer than it must
		s.remember(f.ID, data)
	}
	return data, nil
}

func (s *Service) remember(id string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || s.held+len(data) > remembered {
		s.known, s.held = map[string][]byte{}, 0
	}
	if len(data) <= remembered {
		s.known[id], s.held = data, s.held+len(data)
	}
}

// Remove forgets the file in the transaction. One that is not there is no error.
func (s *Service) Remove(ctx context.Context, tx *store.Tx, id string) error {
	f, err := files.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := 0; i*chunkSize < f.Size; i++ {
		if err := chunks.Delete(ctx, tx, chunkID(id, i)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return files.Delete(ctx, tx, id)
}
