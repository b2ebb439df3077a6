package city

import (
	"context"
	"errors"

	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/store"
)

// Features are the Key Features of Learning Cities without the features
// themselves: parts and focal areas, in the document's order.
type Features struct {
	Count       int           `json:"count"` // of the features in all areas
	CountSource fact.Source   `json:"count_source"`
	Source      fact.Source   `json:"source"`
	Translated  []string      `json:"translated,omitempty"` // languages in which the titles are our own translation
	Parts       []FeaturePart `json:"parts"`
}

// FeaturePart is one of the three parts, which the document draws as a building.
type FeaturePart struct {
	ID    string      `json:"id"`
	Image string      `json:"image"` // pediment, columns or steps
	Title i18n.Text   `json:"title"`
	Areas []FocalArea `json:"areas"`
}

// FocalArea is one focal area of a part.
type FocalArea struct {
	ID    string    `json:"id"`
	Title i18n.Text `json:"title"`
}

// Areas returns the focal areas of all parts, in order.
func (f Features) Areas() []FocalArea {
	var all []FocalArea
	for _, part := range f.Parts {
		all = append(all, part.Areas...)
	}
	return all
}

// featuresID is the id of the one record: there is one document, and its parts
// mean something only together.
const featuresID = "key-features"

var features = store.NewCollection("features", func(Features) string { return featuresID })

// Features returns the Key Features; the zero Features when none are kept.
func (s *Service) Features(ctx context.Context) (Features, error) {
	f, err := features.Get(ctx, s.DB, featuresID)
	if errors.Is(err, store.ErrNotFound) {
		return Features{}, nil
	}
	return f, err
}

// SaveFeatures replaces the Key Features in the transaction.
func (s *Service) SaveFeatures(ctx context.Context, tx *store.Tx, f Features) error {
	if _, err := features.Get(ctx, tx, featuresID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return features.Put(tx, f)
}
