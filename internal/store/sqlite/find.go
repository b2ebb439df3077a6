package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"convene/internal/store"
)

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, collection, id string) (store.Record, error) {
	if err := ctx.Err(); err != nil {
		return store.Record{}, err
	}
	// A look-up by id ends before a context could end it. For one that can be
	// cancelled, database/sql and the driver would start a goroutine each.
	ctx = context.WithoutCancel(ctx)
	stmt, err := e.prepare(ctx, "SELECT version, body FROM "+quote(collection)+" WHERE id = ?")
	if err != nil {
		return store.Record{}, err
	}
	rec := store.Record{ID: id}
	err = stmt.QueryRowContext(ctx, id).Scan(&rec.Version, &rec.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Record{}, store.ErrNotFound
	}
	return rec, err
}

// Find implements store.Engine.
func (e *Engine) Find(ctx context.Context, plan store.Plan) ([]store.Record, error) {
	s, err := e.selection(plan)
	if err != nil {
		return nil, err
	}
	s.position(plan)
	query := "SELECT m.id, m.version, m.body FROM " + s.from + s.where() + s.order(plan) + " LIMIT ?"
	if plan.Index.Each != "" {
		query = "SELECT m.id, m.version, m.body FROM (SELECT " + s.sortColumns(plan) + " FROM " + s.from + s.where() +
			s.order(plan) + " LIMIT ?) AS s JOIN " + quote(plan.Collection) + " AS m ON m.id = s.id" + s.order(plan)
	}
	stmt, err := e.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, append(s.args, plan.Limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []store.Record
	for rows.Next() {
		var rec store.Record
		if err := rows.Scan(&rec.ID, &rec.Version, &rec.Body); err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, rows.Err()
}

// Count implements store.Engine.
func (e *Engine) Count(ctx context.Context, plan store.Plan) (int, error) {
	s, err := e.selection(plan)
	if err != nil {
		return 0, err
	}
	stmt, err := e.prepare(ctx, "SELECT count(*) FROM "+s.from+s.where())
	if err != nil {
		return 0, err
	}
	var n int
	return n, stmt.QueryRowContext(ctx, s.args...).Scan(&n)
}

// Tally implements store.Engine.
func (e *Engine) Tally(ctx context.Context, plan store.Plan, field string) (map[string]int, error) {
	s, err := e.selection(plan)
	if err != nil {
		return nil, err
	}
	column := s.column(field)
	stmt, err := e.prepare(ctx, "SELECT "+column+", count(*) FROM "+s.from+s.where()+" GROUP BY "+column)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tally := map[string]int{}
	for rows.Next() {
		var value string
		var n int
		if err := rows.Scan(&value, &n); err != nil {
			return nil, err
		}
		tally[value] = n
	}
	return tally, rows.Err()
}

// selection is the FROM and WHERE of a statement.
type selection struct {
	alias      string // m: the collection; s: the side table of a many-valued index
	from       string
	conditions []string
	args       []any
}

func (e *Engine) selection(plan store.Plan) (*selection, error) {
	if _, err := e.schema(plan.Collection); err != nil {
		return nil, err
	}
	if plan.Index.Each != "" {
		return manyValued(plan)
	}
	s := &selection{alias: "m", from: quote(plan.Collection) + " AS m"}
	if plan.Index.Name != "" {
		// INDEXED BY makes a query that the index cannot serve an error.
		s.from += " INDEXED BY " + quote(indexName(plan.Collection, plan.Index.Name))
	}
	s.equal(plan)
	next := s.column(plan.Next)
	if plan.Prefix != "" {
		s.and(next+" >= ?", plan.Prefix)
		if after, ok := successor(plan.Prefix); ok {
			s.and(next+" < ?", after)
		}
	}
	if plan.From != nil {
		s.and(next+" >= ?", plan.From)
	}
	if plan.To != nil {
		s.and(next+" < ?", plan.To)
	}
	return s, nil
}

// manyValued asks the full-text index for the rows that hold all terms.
func manyValued(plan store.Plan) (*selection, error) {
	match, err := expression(plan)
	if err != nil {
		return nil, err
	}
	terms := quote(termsName(plan.Collection, plan.Index.Name))
	s := &selection{alias: "s", from: terms + " AS f CROSS JOIN " + quote(indexName(plan.Collection, plan.Index.Name)) + " AS s ON s.row = f.rowid"}
	s.and("f."+terms+" MATCH ?", match) // a full-text index is asked by its own name
	return s, nil
}

// expression is what a full-text index is asked, in its own language.
func expression(plan store.Plan) (string, error) {
	var within []string
	for _, v := range plan.Equal {
		text, err := asText(v)
		if err != nil {
			return "", fmt.Errorf("sqlite: %s.%s: %w", plan.Collection, plan.Index.Name, err)
		}
		within = append(within, text)
	}
	all := make([]string, len(plan.Has))
	for i, t := range plan.Has {
		all[i] = phrases(within, t)
	}
	return strings.Join(all, " AND "), nil
}

// phrases asks for one term.
func phrases(within []string, t store.Term) string {
	if t.Any == nil {
		phrase := `"` + token(within, t.Text) + `"`
		if t.Prefix {
			phrase += " *"
		}
		return phrase
	}
	list := []string{`"nothing"`} // which is no token, for a list of none
	for _, text := range t.Any {
		list = append(list, `"`+token(within, text)+`"`)
	}
	return "(" + strings.Join(list, " OR ") + ")"
}

// asText spells a value as SQLite's hex does.
func asText(v any) (string, error) {
	switch v := value(v).(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return "", fmt.Errorf("a many-valued index cannot be within a %T", v)
}

func (s *selection) and(condition string, args ...any) {
	s.conditions = append(s.conditions, condition)
	for _, arg := range args {
		s.args = append(s.args, value(arg))
	}
}

func (s *selection) equal(plan store.Plan) {
	for i, v := range plan.Equal {
		s.and(s.column(plan.Index.Fields[i])+" = ?", v)
	}
}

// position begins behind plan.After.
func (s *selection) position(plan store.Plan) {
	if len(plan.After) == 0 {
		return
	}
	op := " > "
	if plan.Desc {
		op = " < "
	}
	s.and("("+s.sortColumns(plan)+")"+op+"("+marks(len(plan.After))+")", plan.After...)
}

// marks is the SQL of n values to be given.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func (s *selection) where() string {
	if len(s.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.conditions, " AND ")
}

func (s *selection) sortColumns(plan store.Plan) string {
	var columns []string
	for _, path := range plan.Order {
		columns = append(columns, s.column(path))
	}
	return strings.Join(append(columns, s.alias+".id"), ", ")
}

func (s *selection) order(plan store.Plan) string {
	direction := ""
	if plan.Desc {
		direction = " DESC"
	}
	return " ORDER BY " + strings.ReplaceAll(s.sortColumns(plan), ", ", direction+", ") + direction
}

func (s *selection) column(path string) string { return s.alias + "." + quote(path) }

// value turns a plan's value into the one that json_extract yields.
func value(v any) any {
	if b, ok := v.(bool); ok {
		if b {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

// successor returns the least text that is greater than every text beginning
// with the prefix; there is none when the prefix is all 0xFF.
func successor(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xFF {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}

func (e *Engine) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := e.statements.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := e.readers.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if earlier, loaded := e.statements.LoadOrStore(query, stmt); loaded {
		return earlier.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}
