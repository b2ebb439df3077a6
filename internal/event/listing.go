package event

import (
	"context"
	"slices"

	"convene/internal/problem"
)

// Listing says who may read the list of participants, and what it tells of them. Each
// of them is named only as far as they agreed to it.
type Listing struct {
	For    ListedFor     `json:"for,omitempty"`
	Fields []ListedField `json:"fields,omitempty"` // beside the name, in the order of ListedFields
}

// ListedFor is who may read the list of participants.
type ListedFor string

// Who may read it.
const (
	ListedForNobody       ListedFor = ""
	ListedForParticipants ListedFor = "participants"
	ListedForAll          ListedFor = "everybody"
)

// ListedForWhom lists every value.
var ListedForWhom = []ListedFor{ListedForNobody, ListedForParticipants, ListedForAll}

// ListedField is something that the list of participants tells beside the name.
type ListedField string

// What the list can tell. There is no field for an address, nor will there be.
const (
	ListedOrganisation ListedField = "organisation"
	ListedJobTitle     ListedField = "job_title"
	ListedCity         ListedField = "city"
	ListedCountry      ListedField = "country"
	ListedCategory     ListedField = "category"
)

// ListedFields lists every field in the order of a line.
var ListedFields = []ListedField{ListedJobTitle, ListedOrganisation, ListedCity, ListedCountry, ListedCategory}

// Has reports whether the list tells the field.
func (l Listing) Has(field ListedField) bool { return slices.Contains(l.Fields, field) }

// same reports whether the other is no change.
func (l Listing) same(other Listing) bool {
	return l.For == other.For && slices.Equal(l.Fields, other.Fields)
}

// Publish changes who may read the list of participants, and what it tells. A problem
// of kind Invalid names the fields listed_for and listed_fields.
func (s *Service) Publish(ctx context.Context, id string, typing Typing[Listing]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, typed Listing) (changed bool, err error) {
		listing, err := typed.cleaned()
		if err != nil || e.Listing.same(listing) {
			return false, err
		}
		e.Listing = listing
		return true, nil
	})
}

func (l Listing) cleaned() (Listing, error) {
	var faults problem.Form
	if !slices.Contains(ListedForWhom, l.For) {
		faults.Add("listed_for", "problem.field.choice")
	}
	if slices.ContainsFunc(l.Fields, func(f ListedField) bool { return !slices.Contains(ListedFields, f) }) {
		faults.Add("listed_fields", "problem.field.choice")
	}
	ordered := Listing{For: l.For}
	for _, field := range ListedFields {
		if l.Has(field) {
			ordered.Fields = append(ordered.Fields, field)
		}
	}
	return ordered, faults.Err()
}
