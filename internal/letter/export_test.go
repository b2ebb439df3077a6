package letter

import "convene/internal/store"

// PutTemplate keeps a text as an earlier program might have.
func PutTemplate(tx *store.Tx, t Template) error { return templates.Create(tx, t) }
