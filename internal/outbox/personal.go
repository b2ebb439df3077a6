package outbox

import (
	"context"
	"errors"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// eraseBatch is how many letters of one person a commit forgets.
const eraseBatch = 100

// Personal is what letters hold of a person: those to them, which kinds they
// refuse, and whether their address comes back.
func (o *Outbox) Personal() personal.Part {
	return personal.Part{
		Name:   "letters",
		Holds:  []string{letters.Schema().Name, copies.Schema().Name, preferences.Schema().Name, suppressions.Schema().Name},
		Export: exportLetters,
		Erase: func(ctx context.Context, tx *store.Tx, p personal.Person) (bool, error) {
			return forgetLetters(ctx, tx, o.Clock(), p)
		},
	}
}

// exported is what somebody is handed out of their letters.
type exported struct {
	List    []exportedLetter `json:"list"`
	Refused []Kind           `json:"refused_kinds,omitempty"`
	Silence *exportedSilence `json:"address_comes_back,omitempty"`
}

type exportedLetter struct {
	Occasion string           `json:"occasion"`
	Kind     Kind             `json:"kind,omitempty"`
	To       Address          `json:"to"`
	Language string           `json:"language"`
	State    State            `json:"state"`
	Queued   time.Time        `json:"queued"`
	Sent     time.Time        `json:"sent,omitzero"`
	Attempts []exportedAnswer `json:"attempts,omitempty"`
	Reports  []exportedAnswer `json:"reports,omitempty"` // of servers further on
	Subject  string           `json:"subject,omitempty"`
	Text     string           `json:"text,omitempty"` // as it was kept: without personal links
	Files    []string         `json:"files,omitempty"`
}

type exportedAnswer struct {
	At     time.Time `json:"at"`
	Status string    `json:"status,omitempty"`
	Answer string    `json:"answer,omitempty"`
}

type exportedSilence struct {
	Since  time.Time `json:"since"`
	Status string    `json:"status"`
	Answer string    `json:"answer"`
}

func exportLetters(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	all := exported{List: []exportedLetter{}}
	for l, err := range letters.All(ctx, r, store.By("person", p.ID)) {
		if err != nil {
			return nil, err
		}
		one, err := exportLetter(ctx, r, l)
		if err != nil {
			return nil, err
		}
		all.List = append(all.List, one)
	}
	refused, err := preferences.Get(ctx, r, preferenceOf(p.Event, p.EmailKey))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	all.Refused = refused.Refused
	s, err := suppressions.Get(ctx, r, suppressionID(p.Email))
	if errors.Is(err, store.ErrNotFound) {
		return all, nil
	}
	all.Silence = &exportedSilence{s.Since, s.Status, s.Answer}
	return all, err
}

func exportLetter(ctx context.Context, r store.Reader, l Letter) (exportedLetter, error) {
	one := exportedLetter{
		Occasion: l.Occasion, Kind: l.Kind, To: l.To, Language: l.Language, State: l.State, Queued: l.Queued, Sent: l.SentAt,
	}
	for _, a := range l.Attempts {
		one.Attempts = append(one.Attempts, exportedAnswer{At: a.At, Answer: a.Answer})
	}
	for _, b := range l.Bounces {
		one.Reports = append(one.Reports, exportedAnswer{At: b.At, Status: b.Status, Answer: b.Answer})
	}
	kept, err := copyOf(ctx, r, l)
	if err == nil && kept != nil {
		one.Subject, one.Text, one.Files = kept.Subject, kept.Text, kept.Files
	}
	return one, err
}

// forgetLetters stops the letters to the person that have not gone out, and makes
// all of them nobody's: what stays can be counted, and says nothing.
func forgetLetters(ctx context.Context, tx *store.Tx, now time.Time, p personal.Person) (more bool, err error) {
	page, err := letters.Find(ctx, tx, store.By("person", p.ID).Limit(eraseBatch))
	if err != nil {
		return false, err
	}
	for _, l := range page.Items {
		if err := forget(ctx, tx, now, l); err != nil {
			return false, err
		}
	}
	if p.EmailKey == "" { // the rest of what was begun
		return page.Next != "", nil
	}
	for _, gone := range []error{
		preferences.Delete(ctx, tx, preferenceOf(p.Event, p.EmailKey)),
		suppressions.Delete(ctx, tx, suppressionID(p.Email)),
	} {
		if gone != nil && !errors.Is(gone, store.ErrNotFound) {
			return false, gone
		}
	}
	return page.Next != "", nil
}

// Forget makes the letters whose ids begin so nobody's: those to somebody who is
// no delegate.
func Forget(ctx context.Context, tx *store.Tx, now time.Time, prefix string) error {
	for l, err := range letters.All(ctx, tx, store.Query{}.StartingWith(prefix)) {
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, now, l); err != nil {
			return err
		}
	}
	return nil
}

// forget makes one letter nobody's. One that is going over the wire at this moment
// is recorded as sent after that, and as nothing else (see recordAnew).
func forget(ctx context.Context, tx *store.Tx, now time.Time, l Letter) error {
	if err := dropCopy(ctx, tx, l); err != nil {
		return err
	}
	if !l.State.Over() {
		l.State, l.Due = Cancelled, now
	}
	l.anonymise()
	return letters.Put(tx, l)
}

// settle has a letter forget whom it was to when that is due.
func (l *Letter) settle() {
	if l.Erased || l.Farewell && l.State.Over() {
		l.anonymise()
	}
}

// anonymise takes from the letter whom it was to and what anybody said of it.
func (l *Letter) anonymise() {
	l.Erased = true
	l.Person, l.To, l.Data, l.CopyIn, l.Bounces = "", Address{}, nil, "", nil
	for i := range l.Attempts {
		l.Attempts[i].Answer = "" // servers like to quote the address
	}
}
