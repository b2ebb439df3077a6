package file

import (
	"archive/zip"
	"bytes"
	"strings"
)

// A fault says what is wrong with a file's content: the key of a message, or nothing.
type fault string

// What may be wrong with a content.
const (
	notItsKind fault = "problem.field.file_other"   // of another kind than the name says
	damaged    fault = "problem.field.file_damaged" // cut off, or not as the format wants it
	twofold    fault = "problem.field.file_twofold" // two files in one: something stands before or behind it
	huge       fault = "problem.field.file_pixels"  // a picture that would fill a machine's memory
	active     fault = "problem.field.file_active"  // scripts, programs or files in a document
	locked     fault = "problem.field.file_locked"  // encrypted, so that nobody can look into it
	bomb       fault = "problem.field.file_bomb"    // small here, enormous when it is opened
	macros     fault = "problem.field.file_macros"  //
	packed     fault = "problem.field.file_packed"  // an archive or a program within
	remote     fault = "problem.field.file_remote"  // fetches parts of itself from elsewhere when it is opened
	notText    fault = "problem.field.file_text"    // bytes that no text holds
	markup     fault = "problem.field.file_markup"  // a text that a browser would take for a page
)

// inspect looks through the content of a file of the kind for what does not belong
// into it, and returns what of it is kept. It opens nothing as a program would: it
// reads where the format's parts begin and end, and unpacks no more than a bounded
// amount.
func inspect(kind string, data []byte) ([]byte, fault) {
	if strings.HasPrefix(kind, "text/") {
		if f := inspectText(data); f != "" {
			return nil, f
		}
	}
	if !holds(data, kind) {
		return nil, notItsKind
	}
	switch {
	case strings.HasPrefix(kind, "image/"):
		kept, f := inspectPicture(kind, data)
		if f == "" && archived(kept) {
			f = twofold
		}
		return kept, f
	case kind == "application/pdf":
		return data, inspectPDF(data)
	case strings.HasPrefix(kind, "application/vnd."):
		return data, inspectOffice(data)
	case archived(data):
		return nil, twofold
	}
	return data, ""
}

// archived reports whether programs that unpack archives would find one in the data,
// wherever it begins.
func archived(data []byte) bool {
	if !bytes.Contains(data, []byte("PK\x05\x06")) {
		return false
	}
	_, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	return err == nil
}
