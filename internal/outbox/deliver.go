package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// How Deliver works.
const (
	// stretch is how long one Deliver goes on leasing letters.
	stretch = time.Minute

	// unrecorded is how many answers per connection may wait to be recorded
	// while the next letters are sent. After a crash these are sent again.
	unrecorded = 8
)

// Deliver sends the letters that are due, for a minute at most, and returns how
// many became "sent", "retried", "failed" or "expired". Its error concerns the
// store; what is wrong with letters or the mail server is kept with the letters.
// When ctx ends, letters being sent are finished and the others handed back.
func (o *Outbox) Deliver(ctx context.Context) (map[string]int, error) {
	if o.Sender == nil || o.Composer == nil || o.rest.resting(o.Clock()) {
		return nil, nil
	}
	d := &delivery{Outbox: o, counts: map[string]int{}, results: make(chan result, unrecorded*o.Connections)}
	d.going, d.stop = context.WithCancel(ctx)
	defer d.stop()
	d.lasting = context.WithoutCancel(ctx)
	work := make(chan Letter, o.Batch)
	var workers sync.WaitGroup
	for range o.Connections {
		workers.Go(func() { d.work(work) })
	}
	var recording sync.WaitGroup
	for range recorders {
		recording.Go(d.record)
	}
	d.feed(work)
	close(work)
	workers.Wait()
	close(d.results)
	recording.Wait()
	d.note(o.handBack(d.lasting, append(d.back, leftover(work)...)))
	return d.counts, errors.Join(d.errs...)
}

// leftover empties a closed channel.
func leftover(work <-chan Letter) []Letter {
	var list []Letter
	for l := range work {
		list = append(list, l)
	}
	return list
}

// delivery is one call of Deliver.
type delivery struct {
	*Outbox
	going   context.Context // ends when no more letters are to be begun
	stop    context.CancelFunc
	lasting context.Context // for what is finished all the same
	open    atomic.Int32    // workers with a connection
	results chan result

	mu     sync.Mutex
	counts map[string]int
	back   []Letter
	errs   []error
}

// feed leases letters, a batch ahead of the workers, until none is due.
func (d *delivery) feed(work chan<- Letter) {
	begun := d.Clock()
	for d.going.Err() == nil && d.Clock().Sub(begun) < stretch {
		batch, err := d.lease(d.going, d.Clock())
		if err != nil && d.going.Err() == nil {
			d.note(err)
			return
		}
		if err != nil || len(batch) == 0 {
			return
		}
		for i, l := range batch {
			select {
			case work <- l:
				continue
			case <-d.going.Done():
			}
			d.giveBack(batch[i:]...)
			return
		}
	}
}

// work sends letters over one connection.
func (d *delivery) work(work <-chan Letter) {
	w := &worker{delivery: d}
	defer w.release()
	for l := range work {
		if d.going.Err() != nil || d.tooLate(l) {
			d.giveBack(l)
			continue
		}
		if !w.handle(l) {
			return
		}
	}
}

// tooLate reports whether the letter's lease might run out while it is sent.
func (d *delivery) tooLate(l Letter) bool { return d.Clock().After(l.Due.Add(-d.Lease / 3)) }

type worker struct {
	*delivery
	connection *connection
}

// handle brings one letter to an end, or hands it back. It returns false when
// this worker has no connection and others do.
func (w *worker) handle(l Letter) bool {
	e, copy, refused := w.prepare(l)
	if refused != nil {
		w.results <- result{l, *refused, copy}
		return true
	}
	if e.body == nil {
		w.giveBack(l)
		return true
	}
	if err := w.connect(); err != nil {
		return w.unreachable(l, err, copy)
	}
	if w.pace.wait(w.going) != nil {
		w.giveBack(l)
		return true
	}
	err := w.connection.send(e)
	if errors.Is(err, errBroken) {
		w.connection.close()
		w.disconnect()
	}
	w.results <- result{l, judge(err, w.Clock()), copy}
	return true
}

// prepare composes the letter. A refused attempt ends it without a server;
// nothing at all means that the program is stopping.
func (w *worker) prepare(l Letter) (e envelope, kept *Copy, refused *Attempt) {
	now := w.Clock()
	if !l.Deadline.IsZero() && !now.Before(l.Deadline) {
		return e, nil, &Attempt{At: now, Answer: "the deadline has passed", Outcome: Expired}
	}
	message, kept, err := w.compose(l)
	if err == nil {
		e, err = render(l, message, w.Sender.smtp.From, now)
	}
	if err != nil && w.going.Err() != nil {
		return envelope{}, nil, nil
	}
	if err != nil {
		a := judge(refusal{err}, now)
		return e, kept, &a
	}
	return e, kept, nil
}

// compose writes the letter, and the copy for the desk the first time.
func (w *worker) compose(l Letter) (m Message, kept *Copy, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("composing panicked: %v", p)
		}
	}()
	if m, err = w.Composer.Compose(w.going, l, ForSending); err != nil || l.HasCopy {
		return m, nil, err
	}
	reading, err := w.Composer.Compose(w.going, l, ForReading)
	if err != nil {
		return m, nil, err
	}
	c := reading.copy()
	return m, &c, nil
}

func (w *worker) connect() (err error) {
	if w.connection != nil {
		return nil
	}
	if w.connection, err = w.Sender.take(w.going); err != nil {
		w.connection = nil
		return err
	}
	w.open.Add(1)
	w.rest.reached()
	return nil
}

func (w *worker) disconnect() {
	w.connection = nil
	w.open.Add(-1)
}

func (w *worker) release() {
	if w.connection != nil {
		w.Sender.put(w.connection)
		w.disconnect()
	}
}

// unreachable is what happens without a connection. While others have one, the
// server merely wants no more of them; otherwise this letter keeps the reason
// and delivery rests.
func (w *worker) unreachable(l Letter, err error, copy *Copy) bool {
	if w.going.Err() != nil {
		w.giveBack(l)
		return true
	}
	if w.open.Load() > 0 {
		w.giveBack(l)
		return false
	}
	now := w.Clock()
	w.stop()
	w.rest.failed(now)
	a := judge(err, now)
	a.Outcome = Retrying // whatever the server said, it was not about this letter
	if a.Code != 0 {     // its words may hold the name that was signed in with
		w.Log.Error("mail server refused the connection", "code", a.Code)
	} else {
		w.Log.Error("mail server not reached", "error", err)
	}
	w.results <- result{l, a, copy}
	return true
}

func (d *delivery) giveBack(list ...Letter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.back = append(d.back, list...)
}

// note keeps an error of the store, which ends the delivery.
func (d *delivery) note(err error) {
	if err == nil {
		return
	}
	d.stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.errs = append(d.errs, err)
}
