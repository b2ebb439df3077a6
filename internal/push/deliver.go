package push

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"convene/internal/problem"
	"convene/internal/store"
)

const (
	batch    = 100
	atOnce   = 8
	mostBody = 240 // characters; push services take some 4 kB in all
)

// pauses are how long a notification waits before it is tried again.
var pauses = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// verdict is what became of a try.
type verdict string

const (
	shown   verdict = "sent"
	gone    verdict = "gone"    // the browser takes none any more
	refused verdict = "refused" // and would be again
	late    verdict = "expired"
	again   verdict = "retried"
)

// outcome is a task with what became of it.
type outcome struct {
	task
	verdict
	wait time.Duration // before it is tried again
	dead *Subscription // the browser that is gone, as it was when it was tried
}

// Deliver sends the notifications that are due and counts what became of them, as
// "sent", "retried", "gone", "refused" and "expired".
func (s *Service) Deliver(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	if !s.On() {
		return counts, nil
	}
	for ctx.Err() == nil {
		page, err := tasks.Find(ctx, s.DB, store.By("due").Between(nil, s.Clock().Add(time.Millisecond)).Limit(batch))
		if err != nil || len(page.Items) == 0 {
			return counts, err
		}
		done := s.sendAll(ctx, page.Items)
		if err := s.record(context.WithoutCancel(ctx), done); err != nil {
			return counts, err
		}
		for _, o := range done {
			counts[string(o.verdict)]++
		}
	}
	return counts, ctx.Err()
}

// sendAll tries the tasks, some at a time. Those that were not begun when the
// program stops are left out.
func (s *Service) sendAll(ctx context.Context, list []task) (done []outcome) {
	var mu sync.Mutex
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, t := range list {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-free }()
			o := s.try(ctx, t)
			if ctx.Err() != nil && o.verdict == again {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, o)
		})
	}
	all.Wait()
	return done
}

// try sends one notification.
func (s *Service) try(ctx context.Context, t task) outcome {
	now := s.Clock()
	if !now.Before(t.Until) {
		return outcome{task: t, verdict: late}
	}
	sub, err := subscriptions.Get(ctx, s.DB, t.Subscription)
	if errors.Is(err, store.ErrNotFound) {
		return outcome{task: t, verdict: gone}
	}
	if err != nil {
		return s.failed(t, err)
	}
	payload, err := s.payload(ctx, t)
	if err != nil && problem.KindOf(err) == problem.NotFound { // there is nothing to tell any more
		return outcome{task: t, verdict: refused}
	}
	if err != nil {
		return s.failed(t, err)
	}
	answer, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: sub.Endpoint, Keys: webpush.Keys{P256dh: sub.Key, Auth: sub.Auth},
	}, &webpush.Options{
		HTTPClient: s.Client, Subscriber: s.Contact, VAPIDPublicKey: s.public, VAPIDPrivateKey: s.private,
		TTL: int(t.Until.Sub(now).Seconds()), Urgency: webpush.UrgencyNormal, Topic: topic(t.Letter),
	})
	if err != nil {
		return s.failed(t, err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is kept
	o := s.judge(t, answer)
	if o.verdict == gone {
		o.dead = &sub
	}
	return o
}

// topic has a push service keep one of a letter's notifications only (RFC 8030,
// 5.4: at most 32 characters).
func topic(letter string) string {
	sum := sha256.Sum256([]byte(letter))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

func (s *Service) payload(ctx context.Context, t task) ([]byte, error) {
	note, err := s.Write(ctx, t.Person, t.Letter)
	if err != nil {
		return nil, err
	}
	note.Title, note.Body, note.Tag = clip(note.Title, mostBody), clip(note.Body, mostBody), topic(t.Letter)
	return json.Marshal(note)
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// judge reads a push service's answer (RFC 8030, 5 and 7.3).
func (s *Service) judge(t task, answer *http.Response) outcome {
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return outcome{task: t, verdict: shown}
	case code == http.StatusNotFound || code == http.StatusGone:
		return outcome{task: t, verdict: gone}
	case code == http.StatusTooManyRequests || code >= 500:
		o := s.failed(t, fmt.Errorf("status %d", code))
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			o.wait = max(o.wait, time.Duration(seconds)*time.Second)
		}
		return o
	default:
		s.Log.Warn("notification refused", "status", code, "service", answer.Request.URL.Host)
		return outcome{task: t, verdict: refused}
	}
}

// failed has the task tried again later. The error is logged without the endpoint,
// which opens the browser to whoever knows it.
func (s *Service) failed(t task, err error) outcome {
	if inner := errors.Unwrap(err); inner != nil { // url.Error names the address
		err = inner
	}
	s.Log.Info("notification not taken", "tries", t.Tries+1, "error", err)
	return outcome{task: t, verdict: again, wait: pauses[min(t.Tries, len(pauses)-1)]}
}

// record notes what became of the tasks. A browser that is gone is forgotten.
func (s *Service) record(ctx context.Context, done []outcome) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, o := range done {
			t, err := tasks.Get(ctx, tx, o.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if o.verdict == again {
				t.Due, t.Tries = earlier(s.Clock().Add(o.wait), t.Until), t.Tries+1
				err = tasks.Put(tx, t)
			} else {
				err = tasks.Delete(ctx, tx, t.ID)
			}
			if err == nil && o.dead != nil {
				err = forgetDead(ctx, tx, *o.dead)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetDead forgets a browser unless its owner allowed it anew meanwhile.
func forgetDead(ctx context.Context, tx *store.Tx, dead Subscription) error {
	now, err := subscriptions.Get(ctx, tx, dead.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Since.Equal(dead.Since) {
		return nil
	}
	if err != nil {
		return err
	}
	return forget(ctx, tx, dead.ID)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
