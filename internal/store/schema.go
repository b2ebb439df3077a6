package store

// Schema declares a collection: its name, which also names its table, and its
// indexes.
type Schema struct {
	Name    string
	Indexes []Index
}

// Index declares how a collection may be asked. Fields are paths into the
// record as its JSON tags spell them ("event", "name.family"); each must be
// present in every record.
//
// An ordinary index answers queries that fix its leading fields and sorts by
// the rest. A many-valued index also has Each, an array of strings: a query
// fixes Fields, names terms that the array must hold, and is sorted by Order.
type Index struct {
	Name   string
	Fields []string
	Unique bool
	Each   string
	Order  []string
}

// On declares an index over the fields, in their order.
func On(name string, fields ...string) Index {
	return Index{Name: name, Fields: fields}
}

// Unique declares an index whose values no two records share.
func Unique(name string, fields ...string) Index {
	return Index{Name: name, Fields: fields, Unique: true}
}

// Each declares a many-valued index: for every string of the array at path
// each, within the leading fields.
func Each(name, each string, fields ...string) Index {
	return Index{Name: name, Fields: fields, Each: each}
}

// SortedBy returns the many-valued index with its results in the order of the
// fields.
func (ix Index) SortedBy(fields ...string) Index {
	ix.Order = fields
	return ix
}

// Paths returns every field that the index reads, each once.
func (ix Index) Paths() []string {
	paths := append([]string{}, ix.Fields...)
	if ix.Each != "" {
		paths = append(paths, ix.Each)
	}
	return append(paths, ix.Order...)
}

// Index returns the declared index of that name.
func (s Schema) Index(name string) (Index, bool) {
	for _, ix := range s.Indexes {
		if ix.Name == name {
			return ix, true
		}
	}
	return Index{}, false
}
