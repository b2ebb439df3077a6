package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"convene/internal/store"
)

// shape is how the records of a collection are written: with a column for each
// indexed field beside the body.
type shape struct {
	table   string
	columns []string // paths of the fields
	insert  string   // of id, version and body
	remove  string   // of id and version
	compare string   // of id and body: the version, and which columns differ as bits
	updates map[int64]string
	terms   []*termStatements // of many-valued indexes

	manyValued map[string]bool // columns that are computed
}

// lastBit stands for all columns from its number on.
const lastBit = 62

func newShape(s store.Schema) *shape {
	p := &shape{table: quote(s.Name), updates: map[int64]string{}, manyValued: map[string]bool{}}
	for _, ix := range s.Indexes {
		if ix.Each != "" {
			p.manyValued[ix.Each] = true
		}
		for _, path := range ix.Paths() {
			if !slices.Contains(p.columns, path) {
				p.columns = append(p.columns, path)
			}
		}
	}
	names, values, bits := "id, version, body", "?1, ?2, ?3", "0"
	for i, path := range p.columns {
		// | and << have one precedence in SQLite.
		bits += fmt.Sprintf(" | ((%s IS NOT %s) << %d)", quote(path), extract("?2", path), min(i, lastBit))
		if !p.manyValued[path] {
			names += ", " + quote(path)
			values += ", " + extract("?3", path)
		}
	}
	for _, ix := range s.Indexes {
		if ix.Each != "" {
			p.terms = append(p.terms, newTermStatements(s.Name, ix, p.bits(ix)))
		}
	}
	p.insert = "INSERT INTO " + p.table + " (" + names + ") VALUES (" + values + ")"
	p.remove = "DELETE FROM " + p.table + " WHERE id = ? AND version = ?"
	p.compare = "SELECT version, " + bits + " FROM " + p.table + " WHERE id = ?1"
	return p
}

// bits are those of the columns that the index reads.
func (p *shape) bits(ix store.Index) int64 {
	var bits int64
	for _, path := range ix.Paths() {
		bits |= 1 << min(slices.Index(p.columns, path), lastBit)
	}
	return bits
}

// update is the statement, of id, version and body, that names the columns of
// the bits.
func (p *shape) update(bits int64) string {
	if query, ok := p.updates[bits]; ok {
		return query
	}
	var set strings.Builder
	for i, path := range p.columns {
		if bits&(1<<min(i, lastBit)) != 0 && !p.manyValued[path] {
			set.WriteString(", " + quote(path) + " = " + extract("?3", path))
		}
	}
	query := "UPDATE " + p.table + " SET version = ?2, body = ?3" + set.String() + " WHERE id = ?1"
	p.updates[bits] = query
	return query
}
