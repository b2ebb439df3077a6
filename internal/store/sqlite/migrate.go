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
	if err := m.read(); err != nil {
		return joinRollback(m, err)
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

// migration knows what the file holds. It is read at once: asking for each
// collection would walk through all objects of the file as often.
type migration struct {
	ctx     context.Context
	engine  *Engine
	objects map[string][]object        // by collection: its indexes and side tables
	columns map[string]map[string]bool // by collection: its columns, and whether each is virtual
}

type object struct{ kind, name, sql string }

func (m *migration) read() error {
	m.objects, m.columns = map[string][]object{}, map[string]map[string]bool{}
	if err := m.readObjects(); err != nil {
		return err
	}
	return m.readColumns()
}

// readObjects lists what belongs to collections: all of it bears the collection's
// name and a dot. Triggers, which earlier versions made, come first, since they fall
// with their table; tables that a full-text index keeps for itself do not count.
func (m *migration) readObjects() error {
	rows, err := m.engine.conn.QueryContext(m.ctx, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"+
		" AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY type DESC")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.sql); err != nil {
			return err
		}
		if collection, _, ok := strings.Cut(o.name, "."); ok {
			m.objects[collection] = append(m.objects[collection], o)
		}
	}
	return rows.Err()
}

func (m *migration) readColumns() error {
	rows, err := m.engine.conn.QueryContext(m.ctx,
		"SELECT t.name, c.name, c.hidden <> 0 FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c WHERE t.type = 'table'")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		var virtual bool
		if err := rows.Scan(&table, &column, &virtual); err != nil {
			return err
		}
		if m.columns[table] == nil {
			m.columns[table] = map[string]bool{}
		}
		m.columns[table][column] = virtual
	}
	return rows.Err()
}

func (m *migration) exec(query string) error {
	_, err := m.engine.conn.ExecContext(m.ctx, query)
	return err
}

func (m *migration) collection(s store.Schema) error {
	if err := m.table(s.Name); err != nil {
		return err
	}
	if err := m.indexedColumns(s); err != nil {
		return err
	}
	return m.indexes(s)
}

func (m *migration) table(name string) error {
	if m.columns[name] != nil {
		return nil
	}
	m.columns[name] = map[string]bool{}
	return m.exec("CREATE TABLE " + quote(name) +
		" (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body))) STRICT")
}

// indexedColumns adds a column for each indexed field, which the writer fills. A
// many-valued one is virtual: it is read only when it changes. Columns of indexes that are
// no longer declared stay, with values that nobody keeps.
func (m *migration) indexedColumns(s store.Schema) error {
	existing := m.columns[s.Name]
	fixed := []string{"id", "version", "body"}
	for _, ix := range s.Indexes {
		for _, path := range ix.Paths() {
			if slices.Contains(fixed, path) {
				return fmt.Errorf("an index cannot use a field named %q", path)
			}
			virtual, exists := existing[path]
			if exists && virtual == (path == ix.Each) {
				continue
			}
			if exists { // an earlier version made virtual columns of all
				if err := m.dropColumn(s.Name, path); err != nil {
					return err
				}
			}
			existing[path] = path == ix.Each
			if err := m.addColumn(s.Name, path, existing[path]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *migration) addColumn(collection, path string, virtual bool) error {
	definition := quote(path) + " ANY"
	if virtual {
		definition += " AS (" + extract("body", path) + ")"
	}
	return m.exec("ALTER TABLE " + quote(collection) + " ADD COLUMN " + definition)
}

// dropColumn removes a column with everything that reads it: all objects of the
// collection, which are made anew.
func (m *migration) dropColumn(collection, path string) error {
	for _, object := range m.objects[collection] {
		if err := m.drop(object); err != nil {
			return err
		}
	}
	delete(m.objects, collection)
	return m.exec("ALTER TABLE " + quote(collection) + " DROP COLUMN " + quote(path))
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
	for _, object := range m.objects[s.Name] {
		if wanted[object.name] == object.sql {
			delete(wanted, object.name)
			continue
		}
		if err := m.drop(object); err != nil {
			return err
		}
	}
	if err := m.fillColumns(s, wanted); err != nil {
		return err
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

// fillColumns enters the records that are already there into the columns of new
// indexes: nobody has kept a column without an index.
func (m *migration) fillColumns(s store.Schema, made map[string]string) error {
	var set, differs []string
	for _, ix := range s.Indexes {
		if _, isNew := made[indexName(s.Name, ix.Name)]; !isNew {
			continue
		}
		for _, path := range ix.Paths() {
			if path == ix.Each {
				continue
			}
			set = append(set, quote(path)+" = "+extract("body", path))
			differs = append(differs, quote(path)+" IS NOT "+extract("body", path))
		}
	}
	if len(set) == 0 {
		return nil
	}
	return m.exec("UPDATE " + quote(s.Name) + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(differs, " OR "))
}

// fill enters the records that are already there into new side tables.
func (m *migration) fill(s store.Schema, made map[string]string) error {
	for _, ix := range s.Indexes {
		if _, isNew := made[indexName(s.Name, ix.Name)]; !isNew || ix.Each == "" {
			continue
		}
		for _, query := range fillTerms(s.Name, ix) {
			if err := m.exec(query); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *migration) drop(o object) error {
	return m.exec("DROP " + o.kind + " IF EXISTS " + quote(o.name))
}

// definitions returns what an index is made of, in the order it is made.
func definitions(collection string, ix store.Index) []object {
	name := indexName(collection, ix.Name)
	if ix.Each != "" {
		return defineTerms(collection, ix)
	}
	unique, columns := "", append(quoteAll(ix.Fields), "id")
	if ix.Unique {
		unique, columns = "UNIQUE ", columns[:len(columns)-1]
	}
	return []object{{"index", name, "CREATE " + unique + "INDEX " + quote(name) + " ON " + quote(collection) + " (" + strings.Join(columns, ", ") + ")"}}
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

// extract is the SQL that reads a field from a JSON text.
func extract(text, path string) string {
	return "json_extract(" + text + ", " + literal(jsonPath(path)) + ")"
}

// jsonPath spells a field path as SQLite's JSON functions want it.
func jsonPath(path string) string {
	return `$."` + strings.ReplaceAll(path, ".", `"."`) + `"`
}
