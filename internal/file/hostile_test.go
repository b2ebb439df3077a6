package file_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"convene/internal/problem"
)

// part is one of an archive.
type part struct{ name, content string }

// archive packs the parts, as office programs do.
func archive(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		f, err := w.Create(p.name)
		if err == nil {
			_, err = io.WriteString(f, p.content)
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

// docx is a letter with more parts.
func docx(t *testing.T, more ...part) []byte {
	return archive(t, append([]part{{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", relations("")}, {"word/document.xml", "<w:document/>"}}, more...)...)
}

func relations(inner string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + inner + `</Relationships>`
}

func relation(kind, mode string) string {
	return `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind +
		`" Target="https://elsewhere.example.org/x" TargetMode="` + mode + `"/>`
}

func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func drawing(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is the head of one of that size.
func webp(width, height int) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8 \x0e\x00\x00\x00\x30\x01\x00\x9d\x01\x2a"), make([]byte, 8)...)
	binary.LittleEndian.PutUint16(b[26:], uint16(width))
	binary.LittleEndian.PutUint16(b[28:], uint16(height))
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// enlarged is a picture whose head tells another size.
func enlarged(png []byte, side uint32) []byte {
	b := bytes.Clone(png)
	binary.BigEndian.PutUint32(b[16:], side)
	binary.BigEndian.PutUint32(b[20:], side)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// withObject is a PDF with one more object.
func withObject(object string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n" + object + "\nendobj\ntrailer\n<<>>\n%%EOF\n")
}

// withHidden is a PDF whose objects stand in a compressed stream.
func withHidden(t *testing.T, objects string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := io.WriteString(w, objects); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return withObject(fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", b.Len(), b.String()))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func inUTF16(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	page, zipFile := []byte("<html><script>alert(1)</script></html>"), archive(t, part{"a.txt", "text"})
	for name, c := range map[string]struct {
		file string
		data []byte
		key  string
	}{
		"an archive behind a PNG":              {"a.png", join(picture(t), zipFile), "file_twofold"},
		"a page behind a PNG":                  {"a.png", join(picture(t), page), "file_twofold"},
		"a PNG that is cut off":                {"a.png", picture(t)[:40], "file_damaged"},
		"a PNG of 2,500 million pixels":        {"a.png", enlarged(picture(t), 50_000), "file_pixels"},
		"an archive behind a JPEG":             {"a.jpg", join(photo(t), zipFile), "file_twofold"},
		"a program behind a JPEG":              {"a.jpg", join(photo(t), []byte("MZ\x90\x00")), "file_twofold"},
		"a JPEG that is cut off":               {"a.jpg", photo(t)[:200], "file_damaged"},
		"a script behind a GIF":                {"a.gif", join(drawing(t), []byte("/**/=alert(1)")), "file_twofold"},
		"the signature of a GIF, and a script": {"a.gif", []byte("GIF89a/*" + strings.Repeat("*/=1;alert(1)//", 40)), "file_damaged"},
		"a page behind a WebP":                 {"a.webp", join(webp(16, 16), page), "file_twofold"},
		"a WebP of 200 million pixels":         {"a.webp", webp(16_000, 12_500), "file_pixels"},
		"a page before a PDF":                  {"a.pdf", join(page, []byte(pdf)), "file_twofold"},
		"an archive behind a PDF":              {"a.pdf", join([]byte(pdf), zipFile), "file_twofold"},
		"a PDF that is cut off":                {"a.pdf", []byte(pdf)[:30], "file_damaged"},
		"a PDF with a script":                  {"a.pdf", withObject("<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"), "file_active"},
		"a script written with escapes":        {"a.pdf", withObject("<</S/Java#53cript/JS 2 0 R>>"), "file_active"},
		"a script in a compressed stream":      {"a.pdf", withHidden(t, "7 0 <</S/JavaScript/JS(app.alert(1))>>"), "file_active"},
		"a PDF that starts programs":           {"a.pdf", withObject("<</S/Launch/F(cmd.exe)>>"), "file_active"},
		"a PDF with a file in it":              {"a.pdf", withObject("<</Type/EmbeddedFile>>"), "file_active"},
		"a PDF with a password":                {"a.pdf", withObject("<</Encrypt 5 0 R>>"), "file_locked"},
		"a zip bomb":                           {"a.docx", docx(t, part{"word/media/a.xml", strings.Repeat(" ", 60<<20)}), "file_bomb"},
		"an office file with macros":           {"a.docx", docx(t, part{"word/vbaProject.bin", "x"}), "file_macros"},
		"an archive in an office file":         {"a.docx", docx(t, part{"word/media/a.png", string(zipFile)}), "file_packed"},
		"a program in an office file":          {"a.docx", docx(t, part{"word/embeddings/oleObject1.bin", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), "file_packed"},
		"macros in the table of a chart": {"a.docx", docx(t, part{"word/embeddings/table.xlsx", string(archive(t,
			part{"[Content_Types].xml", "<Types/>"}, part{"xl/workbook.xml", "<x/>"}, part{"xl/vbaProject.bin", "x"}))}), "file_macros"},
		"a template from elsewhere":     {"a.docx", docx(t, part{"word/_rels/settings.xml.rels", relations(relation("attachedTemplate", "External"))}), "file_remote"},
		"parts that climb out":          {"a.docx", docx(t, part{"../../etc/cron.d/x", "x"}), "file_damaged"},
		"two parts of one name":         {"a.docx", docx(t, part{"word/Document.xml", "<other/>"}), "file_damaged"},
		"a page behind an office file":  {"a.docx", join(docx(t), page), "file_twofold"},
		"a script in an open document":  {"a.odt", odt(t, part{"Basic/Standard/Module1.xml", "<x/>"}), "file_macros"},
		"a text that is a page":         {"a.txt", join([]byte("\ufeff \n"), page), "file_markup"},
		"a table that is a drawing":     {"a.csv", []byte("<svg onload=alert(1)>"), "file_markup"},
		"a text that is a program":      {"a.txt", []byte("#!/bin/sh\nrm -rf ~\n"), "file_markup"},
		"a text with zero bytes":        {"a.txt", []byte("name\x00city"), "file_text"},
		"a text in an old encoding":     {"a.csv", []byte("nom;ville\nAm\xe9lie;N\xeemes\n"), "file_text"},
		"half a sign in UTF-16":         {"a.txt", append(inUTF16("Amina"), 0x00, 0xd8), "file_text"},
		"a page in UTF-16":              {"a.txt", inUTF16("<html>"), "file_markup"},
		"an archive in a calendar file": {"a.ics", join([]byte("BEGIN:VCALENDAR\r\n"), zipFile), "file_text"},
	} {
		_, err := add(t, s, c.file, c.data)
		var told *problem.Error
		if !errors.As(err, &told) || len(told.Fields) != 1 || told.Fields[0].Key != "problem.field."+c.key {
			t.Errorf("%s: %v; want %s", name, err, c.key)
		}
	}
}

func odt(t *testing.T, more ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	if err == nil {
		_, err = io.WriteString(f, "application/vnd.oasis.opendocument.text")
	}
	for _, p := range append([]part{{"content.xml", "<x/>"}}, more...) {
		if err == nil {
			f, err = w.Create(p.name)
		}
		if err == nil {
			_, err = io.WriteString(f, p.content)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What looks odd, and is what people have.
func TestHonestFilesAreTaken(t *testing.T) {
	t.Parallel()
	s := open(t)
	table := string(archive(t, part{"[Content_Types].xml", "<Types/>"}, part{"_rels/.rels", relations("")}, part{"xl/workbook.xml", "<x/>"}))
	for name, c := range map[string]struct {
		file string
		data []byte
		size int // that is kept, where it is less
	}{
		"a photograph with a smaller view behind it": {"a.jpg", join(photo(t), photo(t)), len(photo(t))},
		"a photograph with a maker's trailer":        {"a.jpeg", join(photo(t), []byte("\x00\x00\x01\x0aImage_UTC_DataSEFH....SEFT")), len(photo(t))},
		"a drawing":                                  {"a.gif", drawing(t), 0},
		"a WebP":                                     {"a.webp", webp(4000, 3000), 0},
		"a PDF with compressed objects":              {"a.pdf", withHidden(t, "7 0 <</Type/Catalog>>"), 0},
		"a PDF that speaks of the script":            {"a.pdf", withObject("(a book about JavaScript)"), 0},
		"a PDF that was changed":                     {"a.pdf", []byte(pdf + "2 0 obj\n<<>>\nendobj\n%%EOF\r\n\x00"), 0},
		"a letter with links":                        {"a.docx", docx(t, part{"word/_rels/document.xml.rels", relations(relation("hyperlink", "External"))}), 0},
		"a letter with a chart":                      {"a.docx", docx(t, part{"word/embeddings/table.xlsx", table}), 0},
		"a letter that packs well":                   {"a.docx", docx(t, part{"word/big.xml", strings.Repeat("<w:p/>", 1<<20)}), 0},
		"a table":                                    {"a.xlsx", []byte(table), 0},
		"an open document":                           {"a.odt", odt(t), 0},
		"a text in UTF-16":                           {"a.txt", inUTF16("مرحبا بكم 😀"), 0},
		"a table that some program began so":         {"a.csv", []byte("\ufeffname;city\nAmina;Amman\n"), 0},
	} {
		f, err := add(t, s, c.file, c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := len(c.data)
		if c.size > 0 {
			want = c.size
		}
		if f.Size != want {
			t.Errorf("%s: %d bytes are kept; want %d", name, f.Size, want)
		}
	}
}
