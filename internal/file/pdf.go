package file

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
)

// What a PDF may not hold: scripts, commands to start programs, and files or players
// within it.
var activePDF = regexp.MustCompile(`/(JavaScript|Launch|EmbeddedFiles?|RichMedia)([\x00\s/<>\[\]()%]|$)`)

var (
	lockedPDF  = regexp.MustCompile(`/Encrypt([\x00\s/<>\[\]()%])`)
	objectsPDF = regexp.MustCompile(`/ObjStm([\x00\s/<>\[\]()%])`)
	streamPDF  = regexp.MustCompile(`>>\s*stream\r?\n`)
	escapePDF  = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
)

// inspectPDF checks that a PDF begins at its first byte and ends at its last, and
// looks for what makes it more than pages: in the open, and in the compressed streams
// that hold objects. It is a search, not a reader of PDF: a name that stands where it
// does nothing is refused too.
func inspectPDF(data []byte) fault {
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return twofold
	}
	end, names := bytes.LastIndex(data, []byte("%%EOF")), plainNames(data)
	switch {
	case end < 0:
		return damaged
	case len(bytes.Trim(data[end+len("%%EOF"):], "\x00\t\n\f\r ")) > 0, archived(data):
		return twofold
	case activePDF.Match(names):
		return active
	case lockedPDF.Match(names):
		return locked
	}
	return inspectObjects(data)
}

// plainNames undoes the escapes by which /JavaScript can be written /Java#53cript.
func plainNames(data []byte) []byte {
	return escapePDF.ReplaceAllFunc(data, func(sign []byte) []byte {
		n, _ := strconv.ParseUint(string(sign[1:]), 16, 8) // two hexadecimal digits
		return []byte{byte(n)}
	})
}

// inspectObjects unpacks the streams that hold objects. One that is packed in a way
// that hardly any program uses cannot be looked into.
func inspectObjects(data []byte) fault {
	left := maxUnpacked
	for _, at := range streamPDF.FindAllIndex(data, -1) {
		head := plainNames(data[max(bytes.LastIndex(data[:at[0]], []byte("endobj")), 0):at[0]])
		if !objectsPDF.Match(append(head, ' ')) {
			continue
		}
		if bytes.Contains(head, []byte("/DecodeParms")) || bytes.Count(head, []byte("Decode")) != 1 || !bytes.Contains(head, []byte("/FlateDecode")) {
			return locked
		}
		objects, err := unpack(data[at[1]:], left)
		if err != nil && len(objects) == 0 {
			return damaged
		}
		if left -= len(objects); left <= 0 {
			return bomb
		}
		if activePDF.Match(plainNames(objects)) {
			return active
		}
	}
	return ""
}

// unpack returns what a compressed stream holds, up to a limit; with an error, as much
// as could be read.
func unpack(data []byte, limit int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, int64(limit)))
}
