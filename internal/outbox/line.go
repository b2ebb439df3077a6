package outbox

import (
	"sync"
	"time"

	"convene/internal/store"
)

// line keeps the order of letters to one address: while one is being sent, those
// behind it stand in line, and while one waits to be tried again, it is held in
// mind so that none overtakes it. Letters to different addresses do not wait for
// one another.
type line struct {
	mu     sync.Mutex
	inHand map[string]bool    // ids of letters taken and not yet recorded
	behind map[string][]taken // by address that is being written to
	held   map[string]Letter  // by address: the first that has to go before others
	spare  []taken            // given up by a worker without a connection
}

func newLine() *line {
	return &line{inHand: map[string]bool{}, behind: map[string][]taken{}, held: map[string]Letter{}}
}

// fresh adds to the batch what is not in hand already.
func (q *line) fresh(batch []taken, page store.Page[Letter]) []taken {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for i, l := range page.Items {
		if !q.inHand[l.ID] {
			batch = append(batch, taken{l, page.Versions[i], now})
		}
	}
	return batch
}

// hand lists what is in hand, and the batch with it.
func (q *line) hand(batch []taken) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := make([]string, 0, len(q.inHand)+len(batch))
	for id := range q.inHand {
		ids = append(ids, id)
	}
	for _, l := range batch {
		ids = append(ids, l.ID)
	}
	return ids
}

func (q *line) add(batch []taken) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range batch {
		q.inHand[l.ID] = true
	}
}

func (q *line) drop(group []result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range group {
		delete(q.inHand, r.letter.ID)
	}
}

// clear ends a delivery: what was not tried is nobody's.
func (q *line) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.inHand)
	clear(q.behind)
	q.spare = nil
}

func (q *line) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.held)
}

// enter has the letter stand in line if its address is being written to. If not,
// it is the letter's turn, unless it has to wait for the one that is returned.
func (q *line) enter(l taken) (goes bool, first *Letter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	address := l.To.Email
	if list, busy := q.behind[address]; busy {
		q.behind[address] = append(list, l)
		return false, nil
	}
	if h, ok := q.held[address]; ok && h.ID != l.ID && !precedes(l.Letter, h) {
		return false, &h
	}
	q.behind[address] = nil
	return true, nil
}

// next returns who stands behind a letter to the address that is done with.
func (q *line) next(address string) (l taken, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.behind[address]
	if len(list) == 0 {
		delete(q.behind, address)
		return l, false
	}
	q.behind[address] = list[1:]
	return list[0], true
}

// hold remembers that the letter has to go before those behind it, unless an
// earlier one has already.
func (q *line) hold(l Letter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h, ok := q.held[l.To.Email]; ok && h.ID != l.ID && precedes(h, l) {
		return
	}
	q.held[l.To.Email] = Letter{ID: l.ID, Due: l.Due, Queued: l.Queued, NotBefore: l.NotBefore, Urgent: l.Urgent}
}

// letGo forgets a letter that is over.
func (q *line) letGo(address, id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held[address].ID == id {
		delete(q.held, address)
	}
}

// giveUp leaves a letter to a worker that has a connection.
func (q *line) giveUp(l taken) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = append(q.spare, l)
}

func (q *line) takeSpare() (l taken, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.spare) == 0 {
		return l, false
	}
	l, q.spare = q.spare[0], q.spare[1:]
	return l, true
}
