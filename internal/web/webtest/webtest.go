// Package webtest gives tests of pages what all of them can share.
package webtest

import (
	"sync"
	"testing"

	"convene/internal/web/kit"
	"convene/views"
)

// Load reads the program's templates and static files once, since reading them for each
// test would take as long as the test, and sees to it that nothing is wrong with any.
var Load = sync.OnceValues(func() (*kit.Files, error) {
	files, err := kit.Load(views.FS)
	if err != nil {
		return nil, err
	}
	return files, files.Views.Check()
})

// Files are those that Load reads.
func Files(t testing.TB) *kit.Files {
	t.Helper()
	files, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}
