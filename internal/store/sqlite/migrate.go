package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"convene/internal/store"
)

// Migrate implements store.Engine.
func (e *Engine) Migrate(ctx context.Context, schemas []store.Schema) error {
	m := &migration{ctx: ctx, engine: e}
	if err := m.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, s := range schemas {
		if err := m.collection(s); err != nil {
			return fmt.Errorf("%s: %w", s.Name, joinRollback(m, err))
		}
	}
	if err := m.exec("COMMIT"); err != nil {
		return joinRollback(m, err)
	}
	known := maps.Clone(*e.schemas.Load())
	for _, s := range schemas {
		known[s.Name] = s
	}
	e.schemas.Store(&known)
	return nil
}

func joinRollback(m *migration, err error) error {
	if rollback := m.exec("ROLLBACK"); rollback != nil {
		return fmt.Errorf("%w (and the rollback: %v)", err, rollback)
	}
	return err
}

type migration struct {
	ctx    context.Context
	engine *Engine
}

func (m *migration) exec(query string) error {
	_, err := m.engine.conn.ExecContext(m.ctx, query)
	return err
}

func (m *migration) collection(s store.Schema) error {
	if err := m.exec("CREATE TABLE IF NOT EXISTS " + quote(s.Name) +
		" (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body))) STRICT"); err != nil {
		return err
	}
	if err := m.columns(s); err != nil {
		return err
	}
	return m.indexes(s)
}

// columns adds a virtual column for each indexed field. Columns of indexes that
// are no longer declared stay: they take no room and cost nothing.
func (m *migration) columns(s store.Schema) error {
	existing, err := m.names("SELECT name FROM pragma_table_xinfo(?)", s.Name)
	if err != nil {
		return err
	}
	fixed := []string{"id", "version", "body"}
	for _, ix := range s.Indexes {
		for _, path := range ix.Paths() {
			if slices.Contains(fixed, path) {
				return fmt.Errorf("an index cannot use a field named %q", path)
			}
			if slices.Contains(existing, path) {
				continue
			}
			existing = append(existing, path)
			if err := m.exec("ALTER TABLE " + quote(s.Name) + " ADD COLUMN " + quote(path) +
				" ANY AS (json_extract(body, " + literal(jsonPath(path)) + "))"); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexes makes what is declared and removes what is not. An object whose
// definition changed is made anew.
func (m *migration) indexes(s store.Schema) error {
	wanted := map[string]string{} // name → SQL
	var order []string
	for _, ix := range s.Indexes {
		for _, object := range definitions(s.Name, ix) {
			wanted[object.name] = object.sql
			order = append(order, object.name)
		}
	}
	existing, err := m.objects(s.Name)
	if err != nil {
		return err
	}
	for _, object := range existing {
		if wanted[object.name] == object.sql {
			delete(wanted, object.name)
			continue
		}
		if err := m.exec("DROP " + object.kind + " IF EXISTS " + quote(object.name)); err != nil {
			return err
		}
	}
	for _, name := range order {
		if sql, missing := wanted[name]; missing {
			if err := m.exec(sql); err != nil {
				return err
			}
		}
	}
	return m.fill(s, wanted)
}

// fill enters the records that are already there into new side tables.
func (m *migration) fill(s store.Schema, made map[string]string) error {
	for _, ix := range s.Indexes {
		if _, isNew := made[indexName(s.Name, ix.Name)]; !isNew || ix.Each == "" {
			continue
		}
		if err := m.exec(insertTerms(s.Name, ix, "m", " FROM "+quote(s.Name)+" AS m, json_each(m."+quote(ix.Each)+") AS t")); err != nil {
			return err
		}
	}
	return nil
}

type object struct{ kind, name, sql string }

// objects lists the indexes, side tables and triggers that belong to a
// collection: all bear its name and a dot.
func (m *migration) objects(collection string) ([]object, error) {
	rows, err := m.engine.conn.QueryContext(m.ctx,
		"SELECT type, name, sql FROM sqlite_master WHERE substr(name, 1, length(?1) + 1) = ?1 || '.' AND sql IS NOT NULL ORDER BY type DESC", collection)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []object
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.sql); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func (m *migration) names(query string, args ...any) ([]string, error) {
	rows, err := m.engine.conn.QueryContext(m.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// definitions returns what an index is made of, in the order it is made.
func definitions(collection string, ix store.Index) []object {
	name := indexName(collection, ix.Name)
	if ix.Each != "" {
		return sideTable(collection, ix)
	}
	unique, columns := "", append(quoteAll(ix.Fields), "id")
	if ix.Unique {
		unique, columns = "UNIQUE ", columns[:len(columns)-1]
	}
	return []object{{"index", name, "CREATE " + unique + "INDEX " + quote(name) + " ON " + quote(collection) + " (" + strings.Join(columns, ", ") + ")"}}
}

// sideTable holds one row for each term of each record, in the order that a
// query wants them; triggers keep it in step with the collection.
func sideTable(collection string, ix store.Index) []object {
	name := indexName(collection, ix.Name)
	table, main := quote(name), quote(collection)
	columns := strings.Join(sideColumns(ix), ", ")
	typed := strings.ReplaceAll(columns, ", ", " ANY NOT NULL, ") + " ANY NOT NULL"
	insert := insertTerms(collection, ix, "new", " FROM json_each(new."+quote(ix.Each)+") AS t")
	remove := "DELETE FROM " + table + " WHERE id = old.id"
	var changed []string
	for _, path := range ix.Paths() {
		changed = append(changed, "old."+quote(path)+" IS NOT new."+quote(path))
	}
	trigger := func(suffix, when, do string) object {
		full := name + "." + suffix
		return object{"trigger", full, "CREATE TRIGGER " + quote(full) + " AFTER " + when + " BEGIN " + do + "; END"}
	}
	return []object{
		{"table", name, "CREATE TABLE " + table + " (" + typed + ", PRIMARY KEY (" + columns + ")) STRICT, WITHOUT ROWID"},
		{"index", name + ".id", "CREATE INDEX " + quote(name+".id") + " ON " + table + " (id, term)"},
		trigger("insert", "INSERT ON "+main, insert),
		trigger("delete", "DELETE ON "+main, remove),
		trigger("update", "UPDATE OF body ON "+main+" WHEN "+strings.Join(changed, " OR "), remove+"; "+insert),
	}
}

func sideColumns(ix store.Index) []string {
	columns := append(quoteAll(ix.Fields), "term")
	columns = append(columns, quoteAll(ix.Order)...)
	return append(columns, "id")
}

func insertTerms(collection string, ix store.Index, row, from string) string {
	var values []string
	for _, path := range ix.Fields {
		values = append(values, row+"."+quote(path))
	}
	values = append(values, "t.value")
	for _, path := range ix.Order {
		values = append(values, row+"."+quote(path))
	}
	values = append(values, row+".id")
	// OR IGNORE: a list may hold the same term twice.
	return "INSERT OR IGNORE INTO " + quote(indexName(collection, ix.Name)) + " (" + strings.Join(sideColumns(ix), ", ") + ") SELECT " +
		strings.Join(values, ", ") + from
}

func indexName(collection, index string) string { return collection + "." + index }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return quoted
}

// jsonPath spells a field path as SQLite's JSON functions want it.
func jsonPath(path string) string {
	return `$."` + strings.ReplaceAll(path, ".", `"."`) + `"`
}
