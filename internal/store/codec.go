package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TimeLayout is how instants stand in a record: UTC, always three decimals, so
// that text sorts as time does. MongoDB keeps exactly these strings as native
// dates.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// The codec writes one text for one value: map keys sorted, instants in
// TimeLayout. encoding/json cannot be told how to write a time.Time; the v2
// package, the Go team's own, can.
var marshalOptions = json.JoinOptions(
	json.Deterministic(true),
	json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, t time.Time) error {
		return enc.WriteToken(jsontext.String(formatTime(t)))
	})),
)

func formatTime(t time.Time) string {
	return t.UTC().Truncate(time.Millisecond).Format(TimeLayout)
}

func encode(v any) ([]byte, error) { return json.Marshal(v, marshalOptions) }

func decode(body []byte, v any) error { return json.Unmarshal(body, v) }

// exactNumbers reads whole numbers as int64 where decoding into any would make
// them float64 and round the large ones; a page's position must be exact.
var exactNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	number, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(string(number), 10, 64); err == nil {
		*v = n
		return nil
	}
	*v, err = strconv.ParseFloat(string(number), 64)
	return err
}))

// complete reports, as an error, an indexed field that a record lacks. It does
// not build the values, since every write asks.
func complete(body []byte, paths []string) error {
	missing := slices.Clone(paths)
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if kind := dec.PeekKind(); kind != '{' {
		_, err := fields(body, paths)
		return err
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for len(missing) > 0 && dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if i := slices.Index(missing, name); i >= 0 && dec.PeekKind() != 'n' {
			missing = slices.Delete(missing, i, i+1)
		}
		if err := dec.SkipValue(); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err := fields(body, missing) // nested ones, and the words for those that are not there
	return err
}

// fields reads the values at the paths. A missing or null one is an error: an
// index could neither find nor place the record.
func fields(body []byte, paths []string) ([]any, error) {
	var tree map[string]any
	if err := json.Unmarshal(body, &tree, exactNumbers); err != nil {
		return nil, err
	}
	values := make([]any, len(paths))
	for i, path := range paths {
		v, ok := lookup(tree, path)
		if !ok || v == nil {
			return nil, fmt.Errorf("store: the indexed field %q is missing", path)
		}
		values[i] = v
	}
	return values, nil
}

func lookup(tree map[string]any, path string) (any, bool) {
	head, rest, nested := strings.Cut(path, ".")
	v, ok := tree[head]
	if !nested || !ok {
		return v, ok
	}
	inner, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	return lookup(inner, rest)
}
