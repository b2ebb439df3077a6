package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

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
	s, err := e.selection(ctx, plan)
	if err != nil {
		return nil, err
	}
	s.position(plan)
	query := "SELECT m.id, m.version, m.body FROM " + s.from + s.where() + s.order(plan) + " LIMIT ?"
	if plan.Index.Each != "" {
		query = "SELECT m.id, m.version, m.body FROM (SELECT " + s.distinct + s.sortColumns(plan) + " FROM " + s.from + s.where() +
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
	s, err := e.selection(ctx, plan)
	if err != nil {
		return 0, err
	}
	what := "count(*)"
	if s.distinct != "" {
		what = "count(DISTINCT s.id)"
	}
	stmt, err := e.prepare(ctx, "SELECT "+what+" FROM "+s.from+s.where())
	if err != nil {
		return 0, err
	}
	var n int
	return n, stmt.QueryRowContext(ctx, s.args...).Scan(&n)
}

// Tally implements store.Engine.
func (e *Engine) Tally(ctx context.Context, plan store.Plan, field string) (map[string]int, error) {
	s, err := e.selection(ctx, plan)
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
	distinct   string // DISTINCT where a record may be met more than once
}

func (e *Engine) selection(ctx context.Context, plan store.Plan) (*selection, error) {
	if _, err := e.schema(plan.Collection); err != nil {
		return nil, err
	}
	if plan.Index.Each != "" {
		return e.manyValued(ctx, plan)
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

// manyValued walks through the entries of the rarest term and asks of each
// whether the record meets the others too.
func (e *Engine) manyValued(ctx context.Context, plan store.Plan) (*selection, error) {
	side := quote(indexName(plan.Collection, plan.Index.Name))
	terms, err := e.rarestFirst(ctx, plan)
	if err != nil {
		return nil, err
	}
	s := &selection{alias: "s", from: side + " AS s"}
	s.equal(plan)
	s.term("s", terms[0])
	if !terms[0].Exact() { // of which a record may hold two; the rows of one term are in order already
		s.distinct = "DISTINCT "
	}
	for _, t := range terms[1:] {
		inner := &selection{alias: "x"}
		inner.equal(plan)
		inner.term("x", t)
		// The entries of one term lie closer together than the records, which the
		// beginning of a term has to be asked of.
		by := quote("sqlite_autoindex_" + indexName(plan.Collection, plan.Index.Name) + "_1")
		if !t.Exact() {
			by = quote(indexName(plan.Collection, plan.Index.Name) + ".id")
		}
		s.and("EXISTS (SELECT 1 FROM "+side+" AS x INDEXED BY "+by+" WHERE "+sameRecord(plan.Index, "x.", "s")+" AND "+
			strings.Join(inner.conditions, " AND ")+")", inner.args...)
	}
	return s, nil
}

// commonTerm bounds the look at how rare a term is: some milliseconds for so many
// entries, where asking the other terms of each takes ten times as long. Where
// all are more common, a whole term goes first if there is one: its records come
// in the order that is wanted, so that the first page is found without the rest.
const commonTerm = 20000

func (e *Engine) rarestFirst(ctx context.Context, plan store.Plan) ([]store.Term, error) {
	terms := append([]store.Term{}, plan.Has...)
	for i := range terms {
		if err := e.complete(ctx, plan, &terms[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(terms, func(a, b store.Term) int { return prefixLast(a) - prefixLast(b) })
	if len(terms) < 2 {
		return terms, nil
	}
	side := quote(indexName(plan.Collection, plan.Index.Name))
	rarest, least := 0, commonTerm
	for i, t := range terms {
		s := &selection{alias: "s", from: side + " AS s"}
		s.equal(plan)
		s.term("s", t)
		stmt, err := e.prepare(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+s.from+s.where()+" LIMIT ?)")
		if err != nil {
			return nil, err
		}
		var n int
		if err := stmt.QueryRowContext(ctx, append(s.args, least)...).Scan(&n); err != nil {
			return nil, err
		}
		if n < least {
			rarest, least = i, n
		}
	}
	terms[0], terms[rarest] = terms[rarest], terms[0]
	return terms, nil
}

// complete turns the beginning of a term into the term when there is only one
// that begins so, as when a whole name was typed: records come in order from one
// term, and nobody has to look at all of them to find the first.
func (e *Engine) complete(ctx context.Context, plan store.Plan, t *store.Term) error {
	if t.Exact() {
		return nil
	}
	s := &selection{alias: "s", from: quote(indexName(plan.Collection, plan.Index.Name)) + " AS s"}
	s.equal(plan)
	s.term("s", *t)
	end := func(direction string) string {
		return "(SELECT s.term FROM " + s.from + s.where() + " ORDER BY s.term" + direction + " LIMIT 1)"
	}
	stmt, err := e.prepare(ctx, "SELECT "+end("")+", "+end(" DESC"))
	if err != nil {
		return err
	}
	var first, last sql.NullString
	if err := stmt.QueryRowContext(ctx, slices.Concat(s.args, s.args)...).Scan(&first, &last); err != nil {
		return err
	}
	if first.Valid && first.String == last.String {
		*t = store.Term{Text: first.String}
	}
	return nil
}

func prefixLast(t store.Term) int {
	if !t.Exact() {
		return 1
	}
	return 0
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

func (s *selection) term(alias string, t store.Term) {
	if t.Exact() {
		s.and(alias+".term = ?", t.Text)
		return
	}
	if t.Any != nil { // one statement, however many there are
		s.and(alias+".term IN (SELECT value FROM json_each(?))", jsonList(t.Any))
		return
	}
	s.and(alias+".term >= ?", t.Text)
	if after, ok := successor(t.Text); ok {
		s.and(alias+".term < ?", after)
	}
}

func jsonList(list []string) string {
	b, err := json.Marshal(list)
	if err != nil { // texts always can be
		panic(err)
	}
	return string(b)
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
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(plan.After)), ", ")
	s.and("("+s.sortColumns(plan)+")"+op+"("+marks+")", plan.After...)
}

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
