package file_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"convene/internal/file"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

const limit = 1 << 20

func open(t *testing.T) *file.Service {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, file.Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &file.Service{DB: db, Clock: time.Now, Secret: "a secret", Max: limit}
}

func add(t *testing.T, s *file.Service, name string, data []byte) (f file.File, err error) {
	t.Helper()
	err = s.DB.Update(t.Context(), func(tx *store.Tx) error {
		f, err = s.Add(tx, "file", "e1", name, data)
		return err
	})
	return f, err
}

// zipped is an archive of files with nothing much in them.
func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		content := "<x/>"
		if name == "mimetype" {
			content = "application/vnd.oasis.opendocument.text"
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdf = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, c := range map[string]struct {
		data []byte
		kind string
	}{
		"programme.pdf":  {[]byte(pdf), "application/pdf"},
		"PROGRAMME.PDF":  {[]byte(pdf), "application/pdf"},
		"map.png":        {picture(t), "image/png"},
		"letter.docx":    {zipped(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		"letter.odt":     {zipped(t, "mimetype", "content.xml"), "application/vnd.oasis.opendocument.text"},
		"list.csv":       {[]byte("name,city\nAmina,Amman\n"), "text/csv"},
		"one column.csv": {[]byte("name\nAmina\n"), "text/csv"},
		"مرحبا.txt":      {[]byte("مرحبا بكم"), "text/plain"},
		"days.ics":       {[]byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"), "text/calendar"},
	} {
		f, err := add(t, s, name, c.data)
		if err != nil || f.Type != c.kind || f.Name != name || f.Size != len(c.data) {
			t.Errorf("%s: %+v, %v", name, f, err)
			continue
		}
		if got, err := s.Content(t.Context(), f); err != nil || !bytes.Equal(got, c.data) {
			t.Errorf("%s holds %d bytes, %v", name, len(got), err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, c := range map[string]struct {
		file string
		data []byte
		key  string
	}{
		"nothing in it":        {"a.pdf", nil, "file_empty"},
		"too large":            {"a.txt", bytes.Repeat([]byte("a"), limit+1), "file_large"},
		"a program":            {"a.exe", []byte("MZ\x90\x00"), "file_kind"},
		"a page":               {"a.html", []byte("<!doctype html>"), "file_kind"},
		"a drawing":            {"a.svg", []byte("<svg/>"), "file_kind"},
		"an archive":           {"a.zip", zipped(t, "a"), "file_kind"},
		"macros":               {"a.docm", zipped(t, "word/document.xml"), "file_kind"},
		"no ending":            {"pdf", []byte(pdf), "file_kind"},
		"nothing but that":     {".pdf", []byte(pdf), "file_kind"},
		"two endings":          {"a.pdf.exe", []byte(pdf), "file_kind"},
		"a hidden ending":      {"a.pdf\u202efdp.exe", []byte(pdf), "file_kind"},
		"no name":              {"", []byte(pdf), "file_kind"},
		"a program as PDF":     {"a.pdf", []byte("MZ\x90\x00\x03"), "file_other"},
		"a page as PDF":        {"a.pdf", []byte("<html><script>alert(1)</script>"), "file_other"},
		"a page as text":       {"a.txt", []byte("<!doctype html><script>alert(1)</script>"), "file_markup"},
		"a picture as PDF":     {"a.pdf", picture(t), "file_other"},
		"a PDF as picture":     {"a.png", []byte(pdf), "file_other"},
		"an archive as letter": {"a.docx", zipped(t, "virus.exe"), "file_other"},
		"a sheet as letter":    {"a.docx", zipped(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "file_other"},
		"text as calendar":     {"a.ics", []byte("tomorrow"), "file_other"},
		"bytes as text":        {"a.txt", []byte{0, 1, 2, 3, 255}, "file_text"},
	} {
		_, err := add(t, s, c.file, c.data)
		var told *problem.Error
		if !errors.As(err, &told) || len(told.Fields) != 1 || told.Fields[0].Name != "file" || told.Fields[0].Key != "problem.field."+c.key {
			t.Errorf("%s: %v; want %s", name, err, c.key)
		}
	}
}

func TestNamesAreMadeFitForFileSystems(t *testing.T) {
	t.Parallel()
	s := open(t)
	for sent, want := range map[string]string{
		`C:\Users\Amina\map.txt`:          "map.txt",
		"../../etc/passwd.txt":            "passwd.txt",
		"a\r\nContent-Type: x.txt":        "aContent-Type x.txt",
		`what? "this" <is>.txt`:           "what this is.txt",
		"...hidden.txt":                   "hidden.txt",
		"a\u202etxt.txt":                  "atxt.txt",
		strings.Repeat("é", 200) + ".txt": strings.Repeat("é", 98) + ".txt",
		"bad\xffbytes.txt":                "badbytes.txt",
	} {
		if f, err := add(t, s, sent, []byte("text")); err != nil || f.Name != want {
			t.Errorf("%q is kept as %q, %v; want %q", sent, f.Name, err, want)
		}
	}
}

func TestLinksAndRemoval(t *testing.T) {
	t.Parallel()
	s := open(t)
	large := []byte(strings.Repeat("A line of text.\n", 40_000)) // three parts
	f, err := add(t, s, "long.txt", large)
	if err != nil {
		t.Fatal(err)
	}
	other, err := add(t, s, "short.txt", []byte("text"))
	if err != nil || s.Token(other) == s.Token(f) {
		t.Fatal("two files have one link", err)
	}
	found, err := s.ByToken(t.Context(), s.Token(f))
	if err != nil || found.ID != f.ID {
		t.Fatalf("the link leads to %+v, %v", found, err)
	}
	again := &file.Service{DB: s.DB, Secret: s.Secret} // another instance, which remembers nothing
	if got, err := again.Content(t.Context(), found); err != nil || !bytes.Equal(got, large) {
		t.Errorf("it holds %d bytes, %v", len(got), err)
	}
	for range 2 {
		if err := s.DB.Update(t.Context(), func(tx *store.Tx) error { return s.Remove(t.Context(), tx, f.ID) }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ByToken(t.Context(), s.Token(f)); problem.KindOf(err) != problem.NotFound {
		t.Errorf("the link of what was removed: %v", err)
	}
	if _, err := (&file.Service{DB: s.DB}).Content(t.Context(), f); problem.KindOf(err) != problem.NotFound {
		t.Errorf("the content of what was removed: %v", err)
	}
	if _, err := s.Get(t.Context(), other.ID); err != nil {
		t.Errorf("the other file: %v", err)
	}
}
