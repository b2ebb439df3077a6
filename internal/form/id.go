package form

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"convene/internal/i18n"
)

const maxID = 36 // signs of an id before its number

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// idOf makes an id of an English label that is not taken.
func idOf(label, fallback string, taken func(id string) bool) string {
	stem := strings.Trim(notInID.ReplaceAllString(i18n.Fold(label), "_"), "_")
	stem = cmp.Or(strings.Trim(stem[:min(len(stem), maxID)], "_"), fallback)
	id := stem
	for n := 2; taken(id); n++ {
		id = stem + "_" + strconv.Itoa(n)
	}
	return id
}

// NewID makes the id of a new question of its English label: one that no question of
// the event has or had, nor one of the ready-made questions, which others read by
// their ids, nor where the desk has other pages.
func (s Set) NewID(label i18n.Text) string {
	return idOf(label["en"], "question", func(id string) bool {
		return s.index(id) >= 0 || readyMade(id) || id == "new" || id == "preview"
	})
}

// NewOptionID makes the id of a new option of its English label, which none of the
// others has.
func NewOptionID(label i18n.Text, others []Option) string {
	return idOf(label["en"], "option", func(id string) bool {
		return slices.ContainsFunc(others, func(o Option) bool { return o.ID == id })
	})
}
