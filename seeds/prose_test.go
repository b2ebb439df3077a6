package seeds

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestProseNamesNoSourceIDs reads every text of every file: the pages show notes
// as they stand, and to a reader the id of a source says nothing.
func TestProseNamesNoSourceIDs(t *testing.T) {
	t.Parallel()
	sources, err := Sources(Files)
	if err != nil {
		t.Fatal(err)
	}
	eachText(t, func(file string, n *yaml.Node) {
		if _, ok := sources[n.Value]; ok { // a reference, which pages show as a title
			return
		}
		if strings.Contains(n.Value, ".txt") {
			t.Errorf("%s:%d: names a file: %s", file, n.Line, n.Value)
		}
		for id := range sources {
			if strings.Contains(n.Value, id) {
				t.Errorf("%s:%d: names the source %s by its id, not in words: %s", file, n.Line, id, n.Value)
			}
		}
	})
}

// eachText calls yield for every value of the seed files that is a text.
func eachText(t *testing.T, yield func(file string, n *yaml.Node)) {
	t.Helper()
	err := fs.WalkDir(Files, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(Files, file)
		if err != nil {
			return err
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			return err
		}
		walkTexts(&doc, func(n *yaml.Node) { yield(file, n) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walkTexts visits the scalars at or below a node, without the keys.
func walkTexts(n *yaml.Node, yield func(*yaml.Node)) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		walkTexts(child, yield)
	}
	if n.Kind == yaml.ScalarNode {
		yield(n)
	}
}
