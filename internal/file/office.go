package file

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// How much an office file may unpack to. A table of 65,000 rows takes a tenth of it.
const (
	maxUnpacked = 128 << 20 // bytes
	maxRatio    = 100       // times what it is packed
	unsuspected = 8 << 20   // bytes that need not keep the ratio: empty pages pack well
	maxParts    = 5_000
)

// inspectOffice looks through the parts of an office file, which is an archive.
func inspectOffice(data []byte) fault {
	u := &unpacking{left: min(maxUnpacked, max(maxRatio*len(data), unsuspected))}
	return u.office(data, 0)
}

// unpacking counts what has been unpacked, also of files within files.
type unpacking struct{ left int }

// errTooMuch stops an unpacking that has used up what it may.
var errTooMuch = errors.New("file: it unpacks to too much")

func (u *unpacking) office(data []byte, depth int) fault {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(archive.File) == 0 || len(archive.File) > maxParts {
		return damaged
	}
	if !atStart(data, archive.File) || !atEnd(data) {
		return twofold
	}
	seen := map[string]bool{}
	for _, part := range archive.File {
		name := strings.ToLower(part.Name)
		if seen[name] || strings.Contains(name, `\`) || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
			return damaged
		}
		seen[name] = true
		if f := u.part(part, name, depth); f != "" {
			return f
		}
	}
	return ""
}

// atStart reports whether the archive begins where the file does.
func atStart(data []byte, parts []*zip.File) bool {
	const head = 30 // bytes, before the name
	if len(data) < head || !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return false
	}
	first := head + int(binary.LittleEndian.Uint16(data[26:])) + int(binary.LittleEndian.Uint16(data[28:]))
	return slices.ContainsFunc(parts, func(p *zip.File) bool {
		at, err := p.DataOffset()
		return err == nil && at == int64(first)
	})
}

// atEnd reports whether the archive's directory ends where the file does. Office
// programs put no comment behind it.
func atEnd(data []byte) bool {
	const tail = 22 // bytes
	return len(data) >= tail && bytes.HasPrefix(data[len(data)-tail:], []byte("PK\x05\x06"))
}

func (u *unpacking) part(part *zip.File, name string, depth int) fault {
	if hasMacros(name) {
		return macros
	}
	if part.Flags&1 != 0 {
		return locked
	}
	embedded := strings.Contains(name, "/embeddings/") && strings.HasPrefix(kinds[path.Ext(name)], "application/vnd.")
	keep := beginning
	if embedded || path.Ext(name) == ".rels" || name == contentTypes {
		keep = u.left
	}
	content, err := u.read(part, keep)
	switch {
	case errors.Is(err, errTooMuch):
		return bomb
	case err != nil:
		return damaged
	case name == contentTypes && bytes.Contains(bytes.ToLower(content), []byte("macroenabled")):
		return macros
	case path.Ext(name) == ".rels" && fetches(content):
		return remote
	case embedded && depth == 0:
		return u.office(content, depth+1) // the table behind a chart
	case runs(content):
		return packed
	}
	return ""
}

// contentTypes is the part that tells what the others are, in lower case.
const contentTypes = "[content_types].xml"

// beginning is how many bytes of a part tell what it is.
const beginning = 16

// read unpacks a part, as far as it may, and returns its first bytes.
func (u *unpacking) read(part *zip.File, keep int) (content []byte, err error) {
	r, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rest := io.LimitReader(r, int64(u.left)+1)
	if content, err = io.ReadAll(io.LimitReader(rest, int64(keep))); err != nil {
		return nil, err
	}
	n, err := io.Copy(io.Discard, rest)
	if u.left -= len(content) + int(n); u.left < 0 {
		return nil, errTooMuch
	}
	return content, err
}

// hasMacros reports whether a part of that name holds programs of the document's own.
func hasMacros(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "vbaproject") || strings.HasPrefix(base, "vbadata") || strings.Contains(name, "/activex/") ||
		strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/")
}

// runs reports whether the content of a part is an archive, a program, or a document
// of the kind that holds either.
func runs(content []byte) bool {
	for _, begin := range []string{"PK\x03\x04", "Rar!\x1a", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08", "MZ", "\x7fELF", "#!", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "%PDF-"} {
		if bytes.HasPrefix(content, []byte(begin)) {
			return true
		}
	}
	return false
}

// fetched are parts that an office program fetches, or runs, without asking. Links
// that a reader follows are none.
var fetched = []string{"attachedTemplate", "oleObject", "frame", "subDocument", "control"}

// fetches reports whether relations of a document point to such parts elsewhere.
// Relations that cannot be read are taken for such.
func fetches(rels []byte) bool {
	var list struct {
		Relations []struct {
			Type string `xml:"Type,attr"`
			Mode string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.Unmarshal(rels, &list); err != nil {
		return true
	}
	for _, r := range list.Relations {
		if strings.EqualFold(r.Mode, "External") && slices.Contains(fetched, path.Base(r.Type)) {
			return true
		}
	}
	return false
}
