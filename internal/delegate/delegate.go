// Package delegate keeps the registrations of an event: how people register,
// prove their address, are approved, change and cancel, and what they are told.
package delegate

import (
	"slices"
	"strings"
	"time"

	"convene/internal/city"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/store"
)

// Delegate is one person's registration for one event.
type Delegate struct {
	ID    string `json:"id"`
	Event string `json:"event"`

	Name         string `json:"name"`                 // as it stands on the badge
	LatinName    string `json:"latin_name,omitempty"` // for those who cannot read the name's script
	Organisation string `json:"organisation"`
	JobTitle     string `json:"job_title,omitempty"`
	City         string `json:"city"`    // a member city's id, or empty
	Country      string `json:"country"` // ISO 3166-1 alpha-2; the city's where there is one
	Category     string `json:"category"`
	Email        string `json:"email"`               // empty: they came to the door without one
	EmailKey     string `json:"email_key"`           // one registration for each in an event; see keyOf
	Contact      string `json:"contact,omitempty"`   // the name of who registered them, and whose address it is
	Language     string `json:"language"`            // of letters and pages
	TimeZone     string `json:"time_zone,omitempty"` // IANA name; empty: the event's
	Needs        string `json:"needs,omitempty"`

	Answers  form.Answers `json:"answers,omitempty"`
	Proposed *Proposal    `json:"proposed,omitempty"` // answers that the organisers have to approve
	Approved bool         `json:"approved,omitzero"`  // beforehand, by whoever invited them

	Invitation string   `json:"invitation,omitempty"` // the id of the Invitation that they came by
	Invited    *Invitee `json:"invited,omitempty"`    // nil: nobody asked them

	Role      Role      `json:"role,omitempty"`     // in the delegation of City; see InDelegation
	Nominated bool      `json:"nominated,omitzero"` // by a focal point, into that delegation
	Voter     bool      `json:"voter,omitzero"`     // votes for City, once confirmed; see EntitledVoter
	Reminded  time.Time `json:"reminded,omitzero"`  // by a focal point, of the nomination

	Consent    Consent  `json:"consent"`
	Listing    Listing  `json:"listing,omitzero"`
	State      State    `json:"state"`
	Awaits     Approver `json:"awaits,omitempty"`    // while State is Awaiting: whose approval
	Steps      []Step   `json:"steps"`               // how it came to the state, the first one first
	Unanswered int      `json:"unanswered,omitzero"` // how many required questions they have yet to answer

	Number    int       `json:"number,omitzero"`     // on the waiting list, also of whom they replaced: a lower one goes first
	OfferEnds time.Time `json:"offer_ends,omitzero"` // until when a place is kept
	Kept      bool      `json:"kept,omitzero"`       // the place of whom they replaced, until they have answered
	KeptUntil time.Time `json:"kept_until,omitzero"` // until when it is, or was, kept for an answer

	Passing *Passing `json:"passing,omitempty"`  // their place, to a colleague
	PlaceOf string   `json:"place_of,omitempty"` // the id of the delegate who gave, or gives, them their place

	Badge       string    `json:"badge,omitempty"`        // the badge that holds
	BadgeOpened time.Time `json:"badge_opened,omitzero"`  // looked at first, on the delegate's page
	Arrived     time.Time `json:"arrived,omitzero"`       // first admitted at a gate
	ArrivedGate string    `json:"arrived_gate,omitempty"` // the gate's id

	Sessions []string `json:"sessions,omitempty"` // ids of those they have a place in; kept by package signup

	// The personal link: the hash of a token that is never stored. A serial that
	// rises makes a new token and kills the old one.
	LinkHash     string `json:"link_hash"`
	LinkSerial   int    `json:"link_serial"`
	VerifySerial int    `json:"verify_serial"` // of the last Verification

	Tags []string `json:"tags,omitempty"` // the desk's own words, in their order
	Also []string `json:"also,omitempty"` // the ids of registrations merged into this one

	// What the indexes need; kept by index.
	Sort       string   `json:"sort"`
	Day        string   `json:"day"`         // of registration, in the event's zone
	ArrivedDay string   `json:"arrived_day"` // empty until arrival
	InvitedDay string   `json:"invited_day"` // of the invitation; empty without one
	Terms      []string `json:"terms"`
	Queue      string   `json:"queue"`  // see queueKey
	Listed     string   `json:"listed"` // see listed
	Twin       string   `json:"twin"`   // alike for names of the same words
}

// Consent is what the person agreed to, and when.
type Consent struct {
	Version  string    `json:"version"` // the id of the consent.Text
	Language string    `json:"language"`
	At       time.Time `json:"at"`
}

// Proposal is what a delegate would like to have answered. Until the organisers
// approve it, the answers before it hold.
type Proposal struct {
	Answers form.Answers `json:"answers"`
	At      time.Time    `json:"at"`
}

// Step is one change of state.
type Step struct {
	State  State     `json:"state"`
	At     time.Time `json:"at"`
	By     string    `json:"by"` // an actor's kind, and a staff member's name
	Reason string    `json:"reason,omitempty"`
	Awaits Approver  `json:"awaits,omitempty"` // as in Delegate
}

// kind is what kind of person took the step, without their name.
func (s Step) kind() string {
	kind, _, _ := strings.Cut(s.By, " ")
	return kind
}

var delegates = store.NewCollection("delegates", func(d Delegate) string { return d.ID },
	store.Unique("email", "event", "email_key"),
	store.Unique("link", "link_hash"),
	store.On("name", "event", "sort"),
	store.On("state_country", "event", "state", "country"),
	store.On("state_category", "event", "state", "category"),
	store.On("state_city", "event", "state", "city"),
	store.On("state_language", "event", "state", "language"),
	store.On("state_day", "event", "state", "day"),
	store.On("day", "event", "day"),
	store.On("twin", "event", "twin"),
	store.On("arrived", "event", "arrived_day"),
	store.On("invited", "event", "invited_day"),
	store.On("queue", "event", "queue"),
	store.On("listed", "event", "listed", "country"),
	store.Each("search", "terms", "event").SortedBy("sort"),
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{
		delegates.Schema(), verifications.Schema(), ledgers.Schema(), drafts.Schema(), delegations.Schema(),
		recounts.Schema(), erased.Schema(), issued.Schema(), invitations.Schema(), groups.Schema(), invitationLists.Schema(),
		notes.Schema(), tagLists.Schema(), unlikes.Schema(), absorptions.Schema(), bulks.Schema(), views.Schema(), indexings.Schema(),
	}
}

// Registered is when the registration was made: the instant of its first step.
func (d Delegate) Registered() time.Time {
	if len(d.Steps) == 0 {
		return time.Time{}
	}
	return d.Steps[0].At
}

// Way is how somebody came to be registered.
type Way string

// The ways in.
const (
	WayOpen       Way = "open"       // by the form that is open to all
	WayInvited    Way = "invitation" // by an invitation
	WayNominated  Way = "delegation" // by a focal point of their city
	WayOrganisers Way = "organisers" // brought in or imported by the organisers
)

// Ways lists every way in.
var Ways = []Way{WayOpen, WayInvited, WayNominated, WayOrganisers}

// Way tells how the person came to be registered, from the first step.
func (d Delegate) Way() Way {
	switch {
	case len(d.Steps) == 0:
		return ""
	case d.Nominated:
		return WayNominated
	case d.Steps[0].State == Invited, d.Steps[0].State == Started:
		return WayInvited
	case d.Steps[0].State == Unverified:
		return WayOpen
	}
	return WayOrganisers
}

// SortName is the name by which lists are sorted: in Latin letters where the
// person gave one.
func (d Delegate) SortName() string {
	if d.LatinName != "" {
		return d.LatinName
	}
	return d.Name
}

// index fills in what the indexes read.
func (d *Delegate) index() {
	d.Queue, d.Listed = d.queueKey(), d.listed()
	d.Sort, d.Twin = i18n.Fold(d.SortName()), twinKey(d.SortName())
	terms := append(d.facetTerms(), d.wordTerms()...)
	// An address is found by its own beginning, behind a sign that no name
	// holds, and by the words before the @.
	if d.Email != "" {
		terms = append(terms, "@"+d.EmailKey)
	}
	slices.Sort(terms)
	d.Terms = slices.Compact(terms)
}

// facetTerms are what filters ask for.
func (d *Delegate) facetTerms() []string {
	terms := []string{
		"state:" + string(d.State), "country:" + d.Country, "category:" + d.Category, arrivedTerm(!d.Arrived.IsZero()),
		"region:" + city.RegionOf(d.Country), "language:" + d.Language,
	}
	terms = append(terms, dayTerms(d.Day)...)
	if d.City != "" {
		terms = append(terms, "city:"+d.City)
	}
	if way := d.Way(); way != "" {
		terms = append(terms, "way:"+string(way))
	}
	if d.Proposed != nil {
		terms = append(terms, "proposed:yes")
	}
	if d.Unanswered > 0 {
		terms = append(terms, "answers:missing")
	}
	if d.Role != "" {
		terms = append(terms, delegationTerm(d.City), "role:"+string(d.Role))
	}
	if d.Voter {
		terms = append(terms, voterTerm)
	}
	if d.Awaits != ByOrganisers {
		terms = append(terms, awaitsTerm(d.Awaits))
	}
	terms = append(terms, d.listedTerms()...)
	for _, id := range d.Sessions {
		terms = append(terms, "session:"+id)
	}
	if d.Invitation != "" {
		terms = append(terms, "invitation:"+d.Invitation)
	}
	if d.Invited != nil {
		terms = append(terms, "invited:"+string(d.Invited.Answer))
	}
	if d.State.Unfinished() {
		terms = append(terms, "unfinished:yes")
	}
	for _, tag := range d.Tags {
		terms = append(terms, tagTerm(tag))
	}
	return terms
}

// wordTerms are what words are looked for in. A name is found by any of its parts,
// everything else by the beginnings of its words. What is shorter than a part is
// looked for at the beginnings alone, which stand behind a sign of their own:
// "li" is to find Li, and not every Julia.
func (d *Delegate) wordTerms() []string {
	local, _, _ := strings.Cut(d.EmailKey, "@")
	if d.Email == "" { // its key is no address
		local = ""
	}
	words := slices.Concat(i18n.Words(d.Organisation), i18n.Words(d.Contact), i18n.Tokens(local))
	terms := slices.Clone(words)
	for _, name := range []string{d.Name, d.LatinName} {
		words = append(words, i18n.Words(name)...)
		terms = append(terms, i18n.Parts(name)...)
	}
	for _, word := range words {
		terms = append(terms, beginnings(word)...)
	}
	return terms
}

// beginnings are the terms of the first signs of a word: of each number of them that
// is less than a part, so that none has to be looked for by its own beginning, with
// which a great many begin.
func beginnings(word string) []string {
	signs := []rune(word)
	terms := make([]string, min(len(signs), i18n.ShortestPart-1))
	for i := range terms {
		terms[i] = beginning(string(signs[:i+1]))
	}
	return terms
}

func beginning(signs string) string { return "^" + signs }

// arrive notes the arrival and what the indexes need of it. Folding the names
// again, as index does, would cost the door more than judging the badge, and
// they are the same as before.
func (d *Delegate) arrive(at time.Time, day, gate string) {
	d.Arrived, d.ArrivedGate = at.UTC().Truncate(time.Millisecond), gate
	d.ArrivedDay = day
	if i, ok := slices.BinarySearch(d.Terms, arrivedTerm(false)); ok {
		d.Terms[i] = arrivedTerm(true) // still in its place: nothing sorts between the two
		return
	}
	d.index()
}

func arrivedTerm(arrived bool) string {
	if arrived {
		return "arrived:yes"
	}
	return "arrived:no"
}
