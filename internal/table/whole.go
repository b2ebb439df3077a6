package table

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// whole is nil if the sheet, and the texts that its cells share, can be read to their
// ends. Excelize takes what it cannot read for the end: without this, a list that was
// damaged on its way would be a shorter one, or have numbers in place of names.
func (s *sheetSource) whole() error {
	sheet, err := sheetPart(s.parts, s.sheet)
	if err != nil {
		return err
	}
	if err := s.readTo(sheet, "sheetData"); err != nil {
		return err
	}
	if texts := findPart(s.parts, "xl/sharedstrings.xml"); texts != nil {
		return s.readTo(texts, "sst")
	}
	return nil
}

// readTo reads a part up to the end of the element.
func (s *sheetSource) readTo(part *zip.File, element string) (err error) {
	content, err := part.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	decoder := xml.NewDecoder(content)
	decoder.CharsetReader = s.book.CharsetReader
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", part.Name, err)
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == element {
			return nil
		}
	}
}

func findPart(parts []*zip.File, name string) *zip.File {
	i := slices.IndexFunc(parts, func(p *zip.File) bool { return partName(p) == strings.ToLower(name) })
	if i < 0 {
		return nil
	}
	return parts[i]
}

// sheetPart finds the part that holds the sheet.
func sheetPart(parts []*zip.File, sheet string) (*zip.File, error) {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"id,attr"` // of the relation
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	err := errors.Join(decodePart(parts, "xl/workbook.xml", &book), decodePart(parts, "xl/_rels/workbook.xml.rels", &relations))
	if err != nil {
		return nil, err
	}
	for _, s := range book.Sheets {
		for _, r := range relations.List {
			if s.Name != sheet || r.ID != s.ID {
				continue
			}
			name := path.Join("xl", r.Target)
			if strings.HasPrefix(r.Target, "/") {
				name = strings.TrimPrefix(path.Clean(r.Target), "/")
			}
			if part := findPart(parts, name); part != nil {
				return part, nil
			}
		}
	}
	return nil, fmt.Errorf("no part holds the sheet")
}

func decodePart(parts []*zip.File, name string, into any) (err error) {
	part := findPart(parts, name)
	if part == nil {
		return fmt.Errorf("there is no %s", name)
	}
	content, err := part.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return xml.NewDecoder(content).Decode(into)
}
