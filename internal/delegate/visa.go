package delegate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Paper is what somebody may show to others of their registration.
type Paper string

// The papers.
const (
	VisaLetter   Paper = "visa"         // for a consulate
	Confirmation Paper = "confirmation" // of the registration, or of having taken part
)

// The ids of the questions whose answers stand in a visa letter. An event need not
// ask them.
const (
	VisaWanted      = "visa_letter" // yes or no
	VisaNationality = "visa_nationality"
	VisaPassport    = "visa_passport"
	VisaBirth       = "visa_birth"
	VisaConsulate   = "visa_consulate"
)

// Issued is a paper that was made. What stands on it beside the name is not kept with
// it: the paper is written from the registration whenever it is looked at, and the
// digest tells whether that still says the same. Its number is made from the
// installation's secret; only a hash of it is kept.
type Issued struct {
	ID       string    `json:"id"` // hash of the number
	Event    string    `json:"event"`
	Delegate string    `json:"delegate"`
	Paper    Paper     `json:"paper"`
	Serial   int       `json:"serial"` // of all papers of the delegate
	Name     string    `json:"name"`   // as it stands on it
	Birth    string    `json:"birth,omitempty"`
	Digest   string    `json:"digest"`
	At       time.Time `json:"at"`

	Replaced  time.Time `json:"replaced,omitzero"`  // by one that tells what has changed since
	Withdrawn time.Time `json:"withdrawn,omitzero"` // by the organisers
}

var issued = store.NewCollection("issued", func(i Issued) string { return i.ID }, store.On("delegate", "delegate", "at"))

// Holds reports whether the paper is the one that holds of its kind.
func (i Issued) Holds() bool { return i.Replaced.IsZero() && i.Withdrawn.IsZero() }

// PaperNumber is the number of a paper: twelve signs in groups of four.
func (s *Service) PaperNumber(i Issued) string {
	return link.Code(s.secret, "paper", i.Delegate, i.Serial)
}

// Papers lists what was made for the delegate, also before another registration was
// merged into theirs, the first one first.
func (s *Service) Papers(ctx context.Context, d Delegate) ([]Issued, error) {
	return papersOf(ctx, s.db, d.IDs()...)
}

func papersOf(ctx context.Context, r store.Reader, ids ...string) (all []Issued, err error) {
	for _, id := range ids {
		list, err := issued.List(ctx, r, store.By("delegate", id))
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b Issued) int { return a.At.Compare(b.At) })
	return all, nil
}

// Latest returns the paper of the kind that was made last; without an ID, there is
// none.
func Latest(papers []Issued, paper Paper) Issued {
	for _, i := range slices.Backward(papers) {
		if i.Paper == paper {
			return i
		}
	}
	return Issued{}
}

// details are what stands on a paper, approved by whoever has to.
func (s *Service) details(d Delegate, paper Paper) (digest, birth string) {
	parts := []string{string(paper), d.Name, d.LatinName, d.Organisation, d.JobTitle, d.Country, d.City, d.Category}
	if paper == VisaLetter {
		for _, id := range []string{VisaNationality, VisaPassport, VisaBirth, VisaConsulate} {
			parts = append(parts, strings.Join(d.Answers[id], "\x01"))
		}
		birth = s.sealed(d.ID, strings.Join(d.Answers[VisaBirth], ""))
	}
	return s.sealed(d.ID, strings.Join(parts, "\x00")), birth
}

// sealed is a digest that nobody can find the text of by trying, without the secret.
func (s *Service) sealed(id, text string) string {
	if text == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte("convene paper\x00" + id + "\x00" + text))
	return hex.EncodeToString(mac.Sum(nil))
}

// Says reports whether the paper says what the registration says now.
func (s *Service) Says(i Issued, d Delegate) bool {
	digest, _ := s.details(d, i.Paper)
	return i.Digest == digest
}

// Missing lists the questions that the event asks for the visa letter and that are not
// answered, or not approved yet.
func (s *Service) Missing(ctx context.Context, d Delegate) ([]form.Question, error) {
	set, err := s.forms.Of(ctx, d.Event)
	var list []form.Question
	for _, q := range set.Asked(form.Asking{Category: d.Category, Moments: form.Moments, Now: s.clock()}) {
		needed := q.ID == VisaNationality || q.ID == VisaPassport || q.ID == VisaBirth
		if needed && len(d.Answers[q.ID]) == 0 {
			list = append(list, q)
		}
	}
	return list, err
}

// Issue makes the paper at once, of what is confirmed and approved. One that says the
// same already is returned again; where something has changed, the one before is
// replaced. A problem of kind Conflict says why there is none: no confirmed place,
// answers missing for the visa letter, or one that the organisers withdrew, which only
// they can make anew.
func (s *Service) Issue(ctx context.Context, id string, paper Paper) (made Issued, err error) {
	_, err = s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if err := s.mayIssue(ctx, *d, paper); err != nil {
			return err
		}
		papers, err := papersOf(ctx, tx, d.IDs()...) // the delegate is written too, so two come in turn
		if err != nil {
			return err
		}
		last := Latest(papers, paper)
		digest, birth := s.details(*d, paper)
		switch {
		case last.ID != "" && !last.Withdrawn.IsZero() && audit.By(ctx).Kind != "staff":
			return problem.New(problem.Conflict, "problem.paper_withdrawn")
		case last.ID != "" && last.Holds() && last.Digest == digest:
			made = last
			return nil
		case last.ID != "" && last.Holds():
			last.Replaced = s.now()
			if err := issued.Put(tx, last); err != nil {
				return err
			}
		}
		made = Issued{
			Event: e.ID, Delegate: d.ID, Paper: paper, Serial: len(papers) + 1, Name: d.SortName(), Birth: birth, Digest: digest, At: s.now(),
		}
		made.ID = link.HashCode(s.secret, s.PaperNumber(made))
		if err := issued.Create(tx, made); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: "delegate.paper_" + string(paper), Event: e.ID, Subject: Subject(id)})
	})
	return made, err
}

func (s *Service) mayIssue(ctx context.Context, d Delegate, paper Paper) error {
	if d.State != Confirmed {
		return problem.New(problem.Conflict, "problem.paper_state")
	}
	if paper != VisaLetter {
		return nil
	}
	missing, err := s.Missing(ctx, d)
	if err == nil && len(missing) > 0 {
		err = problem.New(problem.Conflict, "problem.paper_missing")
	}
	return err
}

// WithdrawPaper makes the delegate's paper with the id worthless. One that does not hold
// is a problem of kind Conflict.
func (s *Service) WithdrawPaper(ctx context.Context, d Delegate, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		i, err := issued.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!slices.Contains(d.IDs(), i.Delegate) || !i.Holds()) {
			return problem.New(problem.Conflict, "problem.paper_unknown")
		}
		if err != nil {
			return err
		}
		i.Withdrawn = s.now()
		if err := issued.Put(tx, i); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: "delegate.paper_withdraw", Event: i.Event, Subject: Subject(i.Delegate)})
	})
}

// erasePapers takes from the delegate's papers what they say of the person. Whoever
// has a number still learns that the paper is no longer valid.
func erasePapers(ctx context.Context, tx *store.Tx, delegate string) error {
	papers, err := issued.List(ctx, tx, store.By("delegate", delegate))
	if err != nil {
		return err
	}
	for _, i := range papers {
		i.Name, i.Birth, i.Digest = "", "", ""
		if err := issued.Put(tx, i); err != nil {
			return err
		}
	}
	return nil
}

// Validity is what a paper is worth.
type Validity string

// The standings of a paper.
const (
	PaperValid     Validity = "valid"
	PaperReplaced  Validity = "replaced"
	PaperWithdrawn Validity = "withdrawn" // by the organisers
	PaperCancelled Validity = "cancelled" // the registration is no longer confirmed
)

// Checked is what anybody learns who has a paper's number.
type Checked struct {
	Issued
	Standing Validity
	Arrived  bool
	Masked   string // the name, with enough of it to compare; empty: it was erased
}

// CheckPaper finds the paper with the number, however it was typed. A problem of kind
// NotFound says that there is none.
func (s *Service) CheckPaper(ctx context.Context, number string) (Checked, error) {
	i, err := issued.Get(ctx, s.db, link.HashCode(s.secret, number))
	if errors.Is(err, store.ErrNotFound) {
		return Checked{}, problem.Wrap(err, problem.NotFound, "problem.paper_unknown")
	}
	if err != nil {
		return Checked{}, err
	}
	d, err := s.get(ctx, s.db, i.Delegate)
	if err != nil && problem.KindOf(err) != problem.NotFound { // erased
		return Checked{}, err
	}
	c := Checked{Issued: i, Standing: PaperValid, Arrived: !d.Arrived.IsZero(), Masked: masked(i.Name)}
	switch {
	case !i.Withdrawn.IsZero():
		c.Standing = PaperWithdrawn
	case !i.Replaced.IsZero():
		c.Standing = PaperReplaced
	case d.State != Confirmed:
		c.Standing = PaperCancelled
	}
	return c, nil
}

// masked leaves the first letter of each word, and tells not even how many there were.
func masked(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = string([]rune(w)[:1]) + "•••••"
	}
	return strings.Join(words, " ")
}

// Named reports whether whoever typed this has the paper before them: a whole word of
// the name, or the date of birth that stands on it, YYYY-MM-DD.
func (s *Service) Named(i Issued, typed string) bool {
	typed = person.Tidy(typed)
	if _, err := time.Parse(time.DateOnly, typed); err == nil {
		return i.Birth != "" && hmac.Equal([]byte(i.Birth), []byte(s.sealed(i.Delegate, typed)))
	}
	words, name := i18n.Tokens(typed), i18n.Tokens(i.Name)
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return len([]rune(w)) < 2 || !slices.Contains(name, w) })
}
