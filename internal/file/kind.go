package file

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"convene/internal/problem"
)

// kinds are the files that are taken: by the name's ending, the media type that the
// content must have. None of them runs anything by itself when it is opened; the
// kinds of office files that hold macros are left out.
var kinds = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".odp":  "application/vnd.oasis.opendocument.presentation",
}

// Endings lists the endings of the names that are taken, for a form's field.
func Endings() []string { return slices.Sorted(maps.Keys(kinds)) }

// check returns the media type of a file that may be kept, and what of it is kept.
func (l Limits) check(field, name string, data []byte) (string, []byte, error) {
	var faults problem.Form
	ending := strings.ToLower(path.Ext(name))
	want, taken := kinds[ending]
	taken = taken && slices.Contains(l.Endings, ending)
	switch {
	case len(data) == 0:
		faults.Add(field, "problem.field.file_empty", "Name", name)
	case len(data) > l.Max:
		faults.Add(field, "problem.field.file_large", "Name", name, "Max", (l.Max+1<<19)>>20)
	case !taken || strings.TrimSuffix(name, path.Ext(name)) == "":
		faults.Add(field, "problem.field.file_kind", "Name", name, "Kinds", strings.Join(l.Endings, " "))
	default:
		kept, fault := inspect(want, data)
		if fault != "" {
			faults.Add(field, string(fault), "Name", name, "Ending", ending, "Max", maxPixels/1_000_000)
		}
		data = kept
	}
	return want, data, faults.Err()
}

// holds reports whether the content begins as the type does. Plain text is known by
// what it is not: comma-separated values look like it.
func holds(data []byte, want string) bool {
	found := mimetype.Detect(data)
	if found.Is(want) {
		return true
	}
	return strings.HasPrefix(want, "text/") && want != "text/calendar" && found.Is("text/plain")
}
