package door

import (
	"context"
	"errors"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// eraseBatch is how many scans of one person a commit makes nobody's.
const eraseBatch = 200

// Personal is what the door keeps of a person: when and where their badge was
// scanned.
func (s *Service) Personal() personal.Part {
	return personal.Part{
		Name: "scans", Holds: []string{scans.Schema().Name, admissions.Schema().Name}, Export: export, Erase: erase,
	}
}

type exported struct {
	At      time.Time `json:"at"`
	Gate    string    `json:"gate"`
	Verdict Verdict   `json:"verdict"`
	Reason  Reason    `json:"reason"`
}

func export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	var list []exported
	admitted, err := admissionsOf(ctx, r, p.Event, p.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range admitted {
		scan, err := scans.Get(ctx, r, a.Scan)
		if errors.Is(err, store.ErrNotFound) { // invented for a rehearsal
			scan, err = Scan{At: a.At, Gate: a.Gate, Verdict: Admit, Reason: Welcome}, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, exported{scan.At, scan.Gate, scan.Verdict, scan.Reason})
	}
	for scan, err := range scans.All(ctx, r, refusedTo(p.ID)) {
		if err != nil {
			return nil, err
		}
		list = append(list, exported{scan.At, scan.Gate, scan.Verdict, scan.Reason})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// refusedTo asks for the scans that did not let the person in. Those that did
// are named by their admissions.
func refusedTo(person string) store.Query {
	return store.By("refused").Having(store.Term{Text: person})
}

// erase keeps who was let in where and when as numbers alone.
func erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	admitted, err := admissionsOf(ctx, tx, p.Event, p.ID)
	if err != nil {
		return false, err
	}
	for _, a := range admitted { // one a day
		if err := anonymiseAdmission(ctx, tx, a); err != nil {
			return false, err
		}
	}
	page, err := scans.Find(ctx, tx, refusedTo(p.ID).Limit(eraseBatch))
	if err != nil {
		return false, err
	}
	for _, scan := range page.Items {
		if err := anonymiseScan(tx, scan); err != nil {
			return false, err
		}
	}
	return page.Next != "", nil
}

func anonymiseAdmission(ctx context.Context, tx *store.Tx, a Admission) error {
	scan, err := scans.Get(ctx, tx, a.Scan)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil {
		if err := anonymiseScan(tx, scan); err != nil {
			return err
		}
	}
	if err := admissions.Delete(ctx, tx, a.ID); err != nil {
		return err
	}
	a.ID, a.Delegate = a.Event+"/erased/"+store.NewID(), ""
	return admissions.Create(tx, a)
}

func anonymiseScan(tx *store.Tx, scan Scan) error {
	scan.Badge, scan.Delegate, scan.Refused = "", "", []string{}
	return scans.Put(tx, scan)
}
