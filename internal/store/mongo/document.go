package mongo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"

	"convene/internal/store"
)

// The engine's own fields of a document. No field of a body has these names:
// escapeKey sees to that.
const (
	idField      = "_id"
	versionField = "_v"
	checkField   = "_c"
)

// toDocument makes the document of a record.
func toDocument(id string, version int64, body []byte) (bson.Raw, error) {
	start, doc := bsoncore.AppendDocumentStart(nil)
	doc = bsoncore.AppendStringElement(doc, idField, id)
	doc = bsoncore.AppendInt64Element(doc, versionField, version)
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if dec.PeekKind() != '{' {
		return nil, errors.New("mongo: a record's body is not a JSON object")
	}
	doc, err := appendFields(doc, dec)
	if err != nil {
		return nil, fmt.Errorf("mongo: a record's body: %w", err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("mongo: something follows a record's body")
	}
	return bsoncore.AppendDocumentEnd(doc, start)
}

// appendFields reads one object.
func appendFields(dst []byte, dec *jsontext.Decoder) ([]byte, error) {
	if _, err := dec.ReadToken(); err != nil { // {
		return nil, err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		if dst, err = appendValue(dst, escapeKey(name.String()), dec); err != nil {
			return nil, err
		}
	}
	_, err := dec.ReadToken()
	return dst, err
}

// appendItems reads one array.
func appendItems(dst []byte, dec *jsontext.Decoder) ([]byte, error) {
	if _, err := dec.ReadToken(); err != nil { // [
		return nil, err
	}
	for i := 0; dec.PeekKind() != ']'; i++ {
		var err error
		if dst, err = appendValue(dst, strconv.Itoa(i), dec); err != nil {
			return nil, err
		}
	}
	_, err := dec.ReadToken()
	return dst, err
}

func appendValue(dst []byte, key string, dec *jsontext.Decoder) ([]byte, error) {
	switch dec.PeekKind() {
	case '{':
		start, dst := bsoncore.AppendDocumentElementStart(dst, key)
		dst, err := appendFields(dst, dec)
		if err != nil {
			return nil, err
		}
		return bsoncore.AppendDocumentEnd(dst, start)
	case '[':
		start, dst := bsoncore.AppendArrayElementStart(dst, key)
		dst, err := appendItems(dst, dec)
		if err != nil {
			return nil, err
		}
		return bsoncore.AppendArrayEnd(dst, start)
	}
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '"':
		return appendText(dst, key, token.String()), nil
	case '0':
		return appendNumber(dst, key, token.String())
	case 't', 'f':
		return bsoncore.AppendBooleanElement(dst, key, token.Bool()), nil
	default:
		return bsoncore.AppendNullElement(dst, key), nil
	}
}

func appendText(dst []byte, key, text string) []byte {
	if millis, ok := parseInstant(text); ok {
		return bsoncore.AppendDateTimeElement(dst, key, millis)
	}
	return bsoncore.AppendStringElement(dst, key, text)
}

// appendNumber keeps whole numbers exactly, and all others as a double.
func appendNumber(dst []byte, key, number string) ([]byte, error) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		return bsoncore.AppendInt64Element(dst, key, n), nil
	}
	f, err := strconv.ParseFloat(number, 64)
	return bsoncore.AppendDoubleElement(dst, key, f), err
}

// parseInstant reads text that is exactly what formatInstant writes.
func parseInstant(text string) (millis int64, ok bool) {
	if len(text) != len(store.TimeLayout) {
		return 0, false
	}
	at, err := time.Parse(store.TimeLayout, text)
	if err != nil || at.Format(store.TimeLayout) != text {
		return 0, false
	}
	return at.UnixMilli(), true
}

func formatInstant(millis int64) string {
	return time.UnixMilli(millis).UTC().Format(store.TimeLayout)
}

// toValue turns a plan's value into what appendValue made of its like.
func toValue(v any) any {
	if text, ok := v.(string); ok {
		if millis, ok := parseInstant(text); ok {
			return primitive.DateTime(millis)
		}
	}
	return v
}

// toRecord reads a document.
func toRecord(raw bson.Raw) (rec store.Record, err error) {
	elements, err := raw.Elements()
	if err != nil {
		return rec, fmt.Errorf("mongo: a document: %w", err)
	}
	var body bytes.Buffer
	enc := jsontext.NewEncoder(&body)
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return rec, err
	}
	for _, el := range elements {
		switch el.Key() {
		case idField:
			rec.ID, _ = el.Value().StringValueOK()
		case versionField:
			rec.Version, _ = el.Value().AsInt64OK()
		case checkField:
		default:
			if err := writeField(enc, el); err != nil {
				return rec, fmt.Errorf("mongo: document %q: field %q: %w", rec.ID, el.Key(), err)
			}
		}
	}
	if rec.ID == "" || rec.Version == 0 {
		return rec, fmt.Errorf("mongo: a document with _id %v was not written by convene", raw.Lookup(idField))
	}
	err = enc.WriteToken(jsontext.EndObject)
	rec.Body = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	return rec, err
}

func writeField(enc *jsontext.Encoder, el bson.RawElement) error {
	if err := enc.WriteToken(jsontext.String(unescapeKey(el.Key()))); err != nil {
		return err
	}
	return writeValue(enc, el.Value())
}

func writeValue(enc *jsontext.Encoder, v bson.RawValue) error {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return writeAll(enc, v.Document(), jsontext.BeginObject, jsontext.EndObject, writeField)
	case bson.TypeArray:
		item := func(enc *jsontext.Encoder, el bson.RawElement) error { return writeValue(enc, el.Value()) }
		return writeAll(enc, v.Array(), jsontext.BeginArray, jsontext.EndArray, item)
	}
	token, err := toToken(v)
	if err != nil {
		return err
	}
	return enc.WriteToken(token)
}

func writeAll(enc *jsontext.Encoder, raw bson.Raw, begin, end jsontext.Token, write func(*jsontext.Encoder, bson.RawElement) error) error {
	elements, err := raw.Elements()
	if err != nil {
		return err
	}
	if err := enc.WriteToken(begin); err != nil {
		return err
	}
	for _, el := range elements {
		if err := write(enc, el); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}

func toToken(v bson.RawValue) (jsontext.Token, error) {
	switch v.Type {
	case bson.TypeString:
		return jsontext.String(v.StringValue()), nil
	case bson.TypeDateTime:
		return jsontext.String(formatInstant(v.DateTime())), nil
	case bson.TypeInt32, bson.TypeInt64:
		return jsontext.Int(v.AsInt64()), nil
	case bson.TypeDouble:
		if f := v.Double(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return jsontext.Float(f), nil
		}
	case bson.TypeBoolean:
		return jsontext.Bool(v.Boolean()), nil
	case bson.TypeNull:
		return jsontext.Null, nil
	}
	return jsontext.Token{}, fmt.Errorf("a %s that JSON cannot hold", v.Type)
}

// A key may hold what MongoDB refuses or reads otherwise: dots, NUL, a leading
// dollar, nothing at all, or a leading underscore as the engine's own fields
// have. Such keys are kept escaped behind a tilde.
var (
	keyEscaper   = strings.NewReplacer("~", "~0", ".", "~1", "\x00", "~2")
	keyUnescaper = strings.NewReplacer("~0", "~", "~1", ".", "~2", "\x00", "~3", "$", "~4", "_", "~5", "")
)

func escapeKey(key string) string {
	switch {
	case key == "":
		return "~5"
	case key[0] == '$':
		return "~3" + keyEscaper.Replace(key[1:])
	case key[0] == '_':
		return "~4" + keyEscaper.Replace(key[1:])
	case !strings.ContainsAny(key, "~.\x00"):
		return key
	}
	return keyEscaper.Replace(key)
}

func unescapeKey(key string) string {
	if strings.IndexByte(key, '~') < 0 {
		return key
	}
	return keyUnescaper.Replace(key)
}

// fieldPath is the path of an index's field, in which dots part the keys.
func fieldPath(path string) string {
	keys := strings.Split(path, ".")
	for i, key := range keys {
		keys[i] = escapeKey(key)
	}
	return strings.Join(keys, ".")
}
