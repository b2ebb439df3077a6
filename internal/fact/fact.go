// Package fact holds what is known of real events and cities together with
// where it is known from and how surely.
package fact

// Source names a document or page.
type Source struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// Certainty says how well a fact is backed.
type Certainty string

// The grades of certainty: said by the organiser, by the press alone, or by
// nobody that could be checked.
const (
	Certain    Certainty = "certain"
	Press      Certainty = "press"
	Unverified Certainty = "unverified"
)

// Claim is what another source says of the same thing.
type Claim struct {
	Value   string `json:"value"`
	AtLeast bool   `json:"at_least,omitzero"` // "more than", "over"
	AtMost  bool   `json:"at_most,omitzero"`  // "almost"
	Source  Source `json:"source"`
	Note    string `json:"note,omitempty"`
}

// Count is a reported number, with what other sources say where they differ.
type Count struct {
	Key         string    `json:"key"` // participants, countries, speakers …
	Value       int       `json:"value"`
	AtLeast     bool      `json:"at_least,omitzero"`
	Approximate bool      `json:"approximate,omitzero"`
	Source      Source    `json:"source"`
	Grade       Certainty `json:"certainty,omitempty"`
	Disputed    []Claim   `json:"disputed,omitempty"`
	Note        string    `json:"note,omitempty"`
}

// Provenance says where a field of a record is known from.
type Provenance struct {
	Source   Source    `json:"source,omitzero"`
	Grade    Certainty `json:"certainty,omitempty"`
	Assumed  bool      `json:"assumed,omitzero"` // ours, for want of a source
	Disputed []Claim   `json:"disputed,omitempty"`
	Note     string    `json:"note,omitempty"`
}

// Figure is a measured value of a city. Year is 0 where no source gives one.
// Raw is the value as printed, Doubt says why it may be wrong.
type Figure struct {
	Value  float64 `json:"value"`
	Year   int     `json:"year,omitempty"`
	Raw    string  `json:"raw,omitempty"`
	Doubt  string  `json:"doubt,omitempty"`
	Source Source  `json:"source"`
}
