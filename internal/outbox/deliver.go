package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"sync"
	"sync/atomic"
	"time"

	"convene/internal/store"
)

// How Deliver works.
const (
	// stretch is how long one Deliver goes on taking letters.
	stretch = time.Minute

	// unrecorded is how many answers per connection may wait to be recorded
	// while the next letters are sent. After a crash these are sent again.
	unrecorded = 16
)

// Deliver sends the letters that are due, for a minute at most, and returns how
// many became "sent", "retried", "failed" or "expired". Letters to one address
// go out in the order in which they were queued, urgent ones first. Its error
// concerns the store; what is wrong with letters is kept with them, what is wrong
// with the mail server is the Alarm. When ctx ends, letters being sent are
// finished and the others left as they were. While another outbox on the same
// database delivers, it does nothing.
func (o *Outbox) Deliver(ctx context.Context) (map[string]int, error) {
	if o.Sender == nil || o.Composer == nil || o.rest.resting(o.Clock()) || !o.delivering.TryLock() {
		return nil, nil
	}
	defer o.delivering.Unlock()
	d := &delivery{Outbox: o, begun: o.Clock(), counts: map[string]int{}, results: make(chan result, unrecorded*o.Connections)}
	d.going, d.stop = context.WithCancel(ctx)
	defer d.stop()
	d.lasting = context.WithoutCancel(ctx)
	d.run()
	d.line.clear()
	d.note(d.release())
	return d.counts, errors.Join(d.errs...)
}

// delivery is one call of Deliver.
type delivery struct {
	*Outbox
	going   context.Context // ends when no more letters are to be begun
	stop    context.CancelFunc
	lasting context.Context // for what is finished all the same
	begun   time.Time
	at      reading
	until   atomic.Int64 // when the turn ends, in Unix nanoseconds; 0: it was not taken
	open    atomic.Int32 // workers that have a connection or seek one
	results chan result

	mu     sync.Mutex
	counts map[string]int
	errs   []error
	told   bool // of trouble
}

func (d *delivery) run() {
	batch, err := d.lease(d.going)
	if err != nil || len(batch) == 0 {
		d.note(err)
		return
	}
	work, done := make(chan taken, d.Batch), make(chan struct{})
	var workers, recording, renewing sync.WaitGroup
	for range d.Connections {
		workers.Go(func() { d.work(work) })
	}
	for range recorders {
		recording.Go(d.record)
	}
	renewing.Go(func() { d.renew(done) })
	d.feed(work, batch)
	close(work)
	workers.Wait()
	close(d.results)
	recording.Wait()
	close(done)
	renewing.Wait()
}

// feed hands out letters, a batch ahead of the workers, until none is due.
func (d *delivery) feed(work chan<- taken, batch []taken) {
	for len(batch) > 0 {
		for _, l := range batch {
			if err := d.admit(work, l); err != nil {
				d.note(err)
				return
			}
		}
		if d.going.Err() != nil || d.Clock().Sub(d.begun) >= stretch {
			return
		}
		var err error
		if batch, err = d.lease(d.going); err != nil {
			d.note(err)
			return
		}
	}
}

// admit gives the letter to a worker, unless it has to wait for another to the
// same address.
func (d *delivery) admit(work chan<- taken, l taken) error {
	goes, first := d.line.enter(l)
	if first != nil {
		return d.behind(work, l, *first)
	}
	if !goes {
		return nil
	}
	select {
	case work <- l:
	case <-d.going.Done():
	}
	return nil
}

// behind puts the letter off until the first one has been tried again. Somebody
// may have cancelled that one meanwhile.
func (d *delivery) behind(work chan<- taken, l taken, first Letter) error {
	now, err := letters.Get(d.lasting, d.db, first.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || now.State.Over() {
		d.line.letGo(l.To.Email, first.ID)
		return d.admit(work, l)
	}
	d.putOff(l, now.Due)
	return nil
}

// putOff has the letter looked at again at the instant, a second from now at the
// earliest.
func (d *delivery) putOff(l taken, at time.Time) {
	if soonest := d.Clock().Add(time.Second); at.Before(soonest) {
		at = soonest
	}
	l.Due = at
	d.results <- result{letter: l}
}

// work sends letters over one connection.
func (d *delivery) work(work <-chan taken) {
	w := &worker{delivery: d}
	defer w.release()
	for {
		l, ok := w.receive(work)
		if !ok || !w.follow(l) {
			return
		}
	}
}

type worker struct {
	*delivery
	connection *connection
}

// receive prefers what a worker without a connection has given up.
func (w *worker) receive(work <-chan taken) (taken, bool) {
	if l, ok := w.line.takeSpare(); ok {
		return l, true
	}
	if l, ok := <-work; ok {
		return l, true
	}
	return w.line.takeSpare()
}

// fate is what handling a letter means for those behind it.
type fate int

const (
	over    fate = iota // the next may go
	waits               // the letter will be tried again, before the next
	stopped             // no more letters are begun
	givenUp             // another worker has to send it
)

// follow handles the letter and all that stand in line behind it. It returns
// false when this worker is to end.
func (w *worker) follow(l taken) bool {
	var first *Letter
	for ok := true; ok; l, ok = w.line.next(l.To.Email) {
		if first != nil && !precedes(l.Letter, *first) {
			w.putOff(l, first.Due)
			continue
		}
		if w.going.Err() != nil || w.tooLate() {
			return false
		}
		switch fate := w.handle(&l); fate {
		case waits:
			first = &Letter{Due: l.Due, Queued: l.Queued, NotBefore: l.NotBefore, Urgent: l.Urgent}
		case givenUp:
			w.line.giveUp(l)
			return false
		case stopped:
			return false
		}
	}
	return true
}

// tooLate ends the delivery if the turn ran out, since another outbox may have
// it.
func (d *delivery) tooLate() bool {
	if d.Clock().UnixNano() < d.until.Load() {
		return false
	}
	d.stop()
	return true
}

// handle brings one letter to an end, or puts it off.
func (w *worker) handle(l *taken) fate {
	if at, ok := w.domains.take(l.To.Email, w.Clock(), l.PutOff || l.State == Retrying); !ok {
		l.PutOff, l.Due = true, at
		w.line.hold(l.Letter)
		w.putOff(*l, at)
		return waits
	}
	if l.MessageID == "" {
		l.MessageID = messageID(l.ID, w.Sender.domain)
	}
	e, copy, refused, err := w.prepare(l.Letter)
	if err != nil {
		w.note(err)
		return stopped
	}
	if refused != nil {
		return w.conclude(l, *refused, copy)
	}
	if err := w.connect(); err != nil {
		return w.unreachable(err)
	}
	if w.pace.wait(w.going) != nil {
		return stopped
	}
	if cancelled, err := w.cancelled(*l); err != nil || cancelled {
		w.note(err)
		return w.leave(*l, cancelled)
	}
	err = w.connection.send(e)
	if errors.Is(err, errBroken) {
		w.connection.close()
		w.disconnect()
	}
	if w.troubled(err) {
		return stopped
	}
	return w.conclude(l, judge(err, w.Clock()), copy)
}

// conclude notes what the attempt made of the letter.
func (w *worker) conclude(l *taken, a Attempt, copy *Copy) fate {
	l.conclude(a, w.Attempts)
	w.results <- result{letter: *l, attempt: &a, copy: copy}
	if l.State == Retrying {
		w.line.hold(l.Letter)
		return waits
	}
	w.line.letGo(l.To.Email, l.ID)
	return over
}

// troubled looks at what sending returned for what it tells of the server. It
// returns true when the letter is not to answer for it.
func (w *worker) troubled(err error) bool {
	var own refusal
	switch {
	case errors.As(err, &own):
	case errors.Is(err, errSenderRefused):
		w.trouble(err)
		return true
	case errors.Is(err, errBroken):
		if w.rest.broke() >= 2*w.Connections {
			w.trouble(err)
		}
	case w.rest.reached():
		w.note(w.quiet(w.lasting))
	}
	return false
}

// looked is how long a letter in hand is known to be as it was read. One that
// waited longer, for its turn at the pace, is looked at once more.
const looked = 100 * time.Millisecond

// cancelled reports whether somebody stopped the letter while it was in hand.
func (w *worker) cancelled(l taken) (bool, error) {
	if time.Since(l.since) < looked {
		return false, nil
	}
	now, err := letters.Get(w.going, w.db, l.ID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return err == nil && now.State.Over(), err
}

// leave lets go of a letter that was not sent.
func (w *worker) leave(l taken, cancelled bool) fate {
	if !cancelled {
		return stopped
	}
	w.results <- result{letter: l}
	w.line.letGo(l.To.Email, l.ID)
	return over
}

// prepare composes the letter. A refused attempt ends it without a server. An
// error is no fault of the letter's: it stays as it is.
func (w *worker) prepare(l Letter) (e envelope, kept *Copy, refused *Attempt, err error) {
	now := w.Clock()
	if !l.Deadline.IsZero() && !now.Before(l.Deadline) {
		return e, nil, &Attempt{At: now, Reason: ReasonDeadline, Outcome: Expired}, nil
	}
	reason, answer, err := w.heldBack(w.going, l)
	if err != nil {
		return e, nil, nil, err
	}
	if reason != "" {
		return e, nil, &Attempt{At: now, Reason: reason, Answer: answer, Outcome: Suppressed}, nil
	}
	message, kept, err := w.compose(l)
	if err == nil {
		e, err = render(l, message, w.Sender.smtp.From, now)
		e.from = cmp.Or(w.returnPath, e.from)
	}
	if err == nil || store.Passing(err) {
		return e, kept, nil, err
	}
	a := judge(refusal{err}, now)
	return e, kept, &a, nil
}

// compose writes the letter, and the copy for the desk the first time.
func (w *worker) compose(l Letter) (m Message, kept *Copy, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("composing panicked: %v", p)
		}
	}()
	if m, err = w.Composer.Compose(w.going, l, ForSending); err != nil || l.CopyIn != "" || l.Unkept || l.Farewell {
		return m, nil, err
	}
	reading, err := w.Composer.Compose(w.going, l, ForReading)
	if err != nil {
		return m, nil, err
	}
	c := reading.Copy()
	return m, &c, nil
}

// connect takes a connection, and tries once more if the server merely wanted no
// more of them and the others are gone since.
func (w *worker) connect() (err error) {
	if w.connection != nil {
		return nil
	}
	others := w.open.Add(1) > 1
	w.connection, err = w.Sender.take(w.going)
	if err != nil && others && w.open.Load() == 1 {
		w.connection, err = w.Sender.take(w.going)
	}
	if err != nil {
		w.disconnect()
	}
	return err
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

// unreachable is what happens without a connection. While others have one, or
// may still get one, the server merely wants no more of them; otherwise delivery rests, and no letter is
// blamed for it.
func (w *worker) unreachable(err error) fate {
	if w.going.Err() != nil {
		return stopped
	}
	if w.open.Load() > 0 {
		return givenUp
	}
	w.trouble(err)
	return stopped
}

// trouble ends the delivery, has the next ones rest, and raises the alarm. Of
// workers that find out at the same moment the first does.
func (w *worker) trouble(err error) {
	w.mu.Lock()
	first := !w.told
	w.told = true
	w.mu.Unlock()
	w.stop()
	if !first {
		return
	}
	now := w.Clock()
	w.rest.failed(now)
	var answer *textproto.Error
	if errors.As(err, &answer) { // its words may hold the name that was signed in with
		w.Log.Error("mail server refuses", "code", answer.Code)
	} else {
		w.Log.Error("mail server not reached", "error", err)
	}
	w.note(w.raise(w.lasting, now, answerOf(err)))
}

// note keeps an error of the store, which ends the delivery.
func (d *delivery) note(err error) {
	if err == nil {
		return
	}
	d.stop()
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return // it was stopped while it took letters
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.errs = append(d.errs, err)
}
