package outbox

import (
	"errors"
	"net/textproto"
	"strings"
	"time"
)

// pauses are the waits after each failed attempt; the last one repeats.
var pauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}

// pauseAfter returns the wait after so many failed attempts in a row.
func pauseAfter(attempts int) time.Duration {
	return pauses[min(max(attempts, 1), len(pauses))-1]
}

// judge turns what sending returned into an attempt: sent, retrying or failed.
func judge(err error, now time.Time) Attempt {
	a := Attempt{At: now, Outcome: Sent}
	if err == nil {
		return a
	}
	var answer *textproto.Error
	var final refusal
	a.Outcome, a.Answer = Retrying, clip(err.Error())
	switch {
	case errors.Is(err, ErrPointless):
		a.Outcome, a.Reason, a.Answer = Cancelled, ReasonPointless, ""
	case errors.As(err, &final):
		a.Outcome = Failed
	case errors.As(err, &answer):
		a.Code, a.Answer = answer.Code, clip(answer.Msg)
		if permanent(answer.Code) {
			a.Outcome = Failed
		}
	}
	return a
}

// permanent reports whether the server will refuse the letter tomorrow too. The
// answers that speak of the sign-in or of the order of commands say nothing
// about the letter.
func permanent(code int) bool {
	switch code {
	case 503, 530, 534, 535, 538:
		return false
	}
	return code >= 500 && code < 600
}

// conclude adds an attempt to the letter and says what becomes of it. limit is
// how many attempts it has.
func (l *Letter) conclude(a Attempt, limit int) {
	l.PutOff = false
	l.Attempts = append(l.Attempts, a)
	next := a.At.Add(pauseAfter(len(l.Attempts)))
	state := a.Outcome
	if state == Retrying && len(l.Attempts) >= limit {
		state = Failed
	}
	if state == Retrying && !l.Deadline.IsZero() && !next.Before(l.Deadline) {
		state = Expired
	}
	l.Attempts[len(l.Attempts)-1].Outcome = state
	l.State, l.Due = state, a.At
	switch state {
	case Sent:
		l.SentAt = a.At
	case Retrying:
		l.Due = next
	}
}

// clip bounds a server's answer.
func clip(text string) string {
	const most = 1000
	text = validText(text)
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
