package file

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"
)

// page is how texts begin that a browser, or another program, takes for a page or a
// program.
var page = regexp.MustCompile(`(?i)^(<[!?/%a-z]|#!)`)

// inspectText checks that a text is one: in UTF-8, or UTF-16 with its mark, without
// signs that no text holds, and not a page.
func inspectText(data []byte) fault {
	text, ok := decode(data)
	if !ok || bytes.ContainsFunc(text, unprintable) {
		return notText
	}
	if page.Match(bytes.TrimSpace(text)) {
		return markup
	}
	return ""
}

// decode returns the text in UTF-8, without a mark.
func decode(data []byte) (text []byte, ok bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(data, []byte("\ufeff")), utf8.Valid(data)
	}
	if len(data)%2 != 0 {
		return nil, false
	}
	for i := 2; i < len(data); {
		r, wide := rune(order.Uint16(data[i:])), 2
		if utf16.IsSurrogate(r) {
			if i+4 > len(data) {
				return nil, false
			}
			if r, wide = utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))), 4; r == utf8.RuneError {
				return nil, false
			}
		}
		text = utf8.AppendRune(text, r)
		i += wide
	}
	return text, true
}

// unprintable reports whether the sign has no place in a text. A form feed is how
// old programs begin a page.
func unprintable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
}
