package outbox

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"convene/internal/store"
)

// bundle has the copies of letters that were recorded together. They are much
// alike, so they take little room packed as one; and it is kept apart from the
// letters, so that lists stay light.
type bundle struct {
	ID     string `json:"id"`
	Packed []byte `json:"packed"` // deflated JSON: an object of copies by letter
}

// pack makes a bundle of the group's copies; ok is false when it has none.
func pack(group []result) (b bundle, ok bool, err error) {
	list := map[string]Copy{}
	for _, r := range group {
		if r.copy != nil {
			list[r.letter.ID] = *r.copy
		}
	}
	if len(list) == 0 {
		return b, false, nil
	}
	b.ID = rand.Text()
	b.Packed, err = deflate(list)
	return b, err == nil, err
}

func deflate(list map[string]Copy) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	err = errors.Join(encoder.Encode(list), w.Close())
	return packed.Bytes(), err
}

// copies reads what the bundle holds.
func (b bundle) copies() (list map[string]Copy, err error) {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(b.Packed)))
	if err != nil {
		return nil, fmt.Errorf("outbox: unpacking copies: %w", err)
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("outbox: reading copies: %w", err)
	}
	return list, nil
}

// dropCopy takes the letter's copy out of where it is kept.
func dropCopy(ctx context.Context, tx *store.Tx, l Letter) error {
	if l.CopyIn == "" {
		return nil
	}
	b, err := copies.Get(ctx, tx, l.CopyIn)
	if err != nil {
		return err
	}
	list, err := b.copies()
	if err != nil {
		return err
	}
	if delete(list, l.ID); len(list) == 0 {
		return copies.Delete(ctx, tx, b.ID)
	}
	if b.Packed, err = deflate(list); err != nil {
		return err
	}
	return copies.Put(tx, b)
}

// copyOf returns the letter's copy, nil when there is none.
func copyOf(ctx context.Context, r store.Reader, l Letter) (*Copy, error) {
	if l.CopyIn == "" {
		return nil, nil
	}
	b, err := copies.Get(ctx, r, l.CopyIn)
	if err != nil {
		return nil, err
	}
	list, err := b.copies()
	if err != nil {
		return nil, err
	}
	c, ok := list[l.ID]
	if !ok {
		return nil, fmt.Errorf("outbox: the copy of %s is not where it should be", l.ID)
	}
	return &c, nil
}
