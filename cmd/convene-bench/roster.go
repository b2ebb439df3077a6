package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/problem"
	"convene/internal/seed"
	"convene/seeds"
)

// rosterPage is how many people a page of the desk shows.
const rosterPage = 50

// benchRoster looks for people as the desk does, by the beginning of one or two
// names in any script and sometimes in a country, a category or a state too:
// through the service ("roster"), then through the desk's page ("roster-page").
func benchRoster(ctx context.Context, s settings, report func(result)) (err error) {
	s = s.withDefaults(2, 5*time.Second, 1)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path, err := s.file(ctx, folder, s.delegates)
	if err != nil {
		return err
	}
	h, err := open(ctx, path, preparedAt)
	if err != nil {
		return err
	}
	token, err := h.organiser(ctx)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	stop, err := profile(s.profileOf("roster"))
	if err != nil {
		return errors.Join(err, h.Close())
	}
	found, err := h.look(ctx, s)
	if err = errors.Join(err, stop(), h.Close()); err != nil {
		return err
	}
	report(result{Bench: "roster", Delegates: s.delegates, Clients: s.clients}.against(found, nil))
	return s.lookAtPage(ctx, path, token, report)
}

func (h *house) organiser(ctx context.Context) (string, error) {
	const email, password = "desk@example.org", "a password for measuring"
	_, err := h.Accounts.Add(ctx, "Desk", email, account.Organiser, password)
	if err != nil && problem.KindOf(err) != problem.Invalid { // Invalid: there already
		return "", err
	}
	token, _, err := h.Accounts.SignIn(ctx, email, password)
	return token, err
}

// look asks the service until the time is over.
func (h *house) look(ctx context.Context, s settings) (*sample, error) {
	all := &sample{}
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		errs []error
	)
	questions := s.questions() // before the time begins: inventing names takes a while
	begun := time.Now()
	for _, q := range questions {
		wg.Go(func() {
			var took []time.Duration
			var failed error
			for time.Since(begun) < s.duration && failed == nil {
				filter, asked := q.next(), time.Now()
				_, failed = h.Delegates.Find(ctx, h.event.ID, filter, "", rosterPage)
				took = append(took, time.Since(asked))
			}
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, took...)
			errs = append(errs, failed)
		})
	}
	wg.Wait()
	all.elapsed = time.Since(begun)
	return all, errors.Join(errs...)
}

// lookAtPage asks the desk's page until the time is over. A build without that
// page is left out.
func (s settings) lookAtPage(ctx context.Context, database, token string, report func(result)) (err error) {
	desk, err := start(ctx, order{
		Kind: serveConvene, Database: database, Now: preparedAt.Add(time.Hour), Profile: s.profileOf("roster-page"),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, desk.stop()) }()
	visitor := browser{cookies: "convene_session=" + token}
	path := "/desk/e/" + seed.RehearsalSlug + "/delegates"
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	request.SetRequestURI("http://" + desk.addr + path)
	visitor.dress(request)
	if err := fasthttp.Do(request, response); err != nil {
		return err
	}
	if response.StatusCode() == http.StatusNotFound {
		s.say("%s is not there yet: roster-page is left out", path)
		return nil
	}
	questions := s.questions()
	found, err := ask(ctx, desk, s.clients, s.duration, script{
		write: func(client int, r *fasthttp.Request) bool {
			r.SetRequestURI(path + "?" + values(questions[client].next()).Encode())
			r.Header.Set(fasthttp.HeaderAcceptEncoding, acceptEncoding)
			visitor.dress(r)
			return true
		},
		check: wantStatus(http.StatusOK),
	})
	if err != nil {
		return err
	}
	report(result{Bench: "roster-page", Delegates: s.delegates, Clients: s.clients, RSS: desk.rss()}.against(found, nil))
	return nil
}

func values(f delegate.Filter) url.Values {
	return url.Values{"q": {f.Text}, "state": {string(f.State)}, "country": {f.Country}, "category": {f.Category}}
}

// questions are what one person at the desk looks for.
type questions struct {
	rng    *rand.Rand
	people []seeds.Delegate
}

// questions makes those of each client.
func (s settings) questions() []*questions {
	all := make([]*questions, s.clients)
	for i := range all {
		all[i] = newQuestions(i)
	}
	return all
}

func newQuestions(client int) *questions {
	return &questions{
		rng:    rand.New(rand.NewPCG(uint64(client), seeds.DefaultSeed)),
		people: seeds.Rehearsal(seeds.DefaultSeed).Delegates,
	}
}

// next is the beginning of a name of somebody there, often of two names, and one
// time in three something else that is known of them.
func (q *questions) next() delegate.Filter {
	d := q.people[q.rng.IntN(len(q.people))]
	f := delegate.Filter{Text: q.typed(d)}
	switch q.rng.IntN(9) {
	case 0:
		f.Country = d.Country
	case 1:
		f.Category = string(d.Category)
	case 2:
		f.State = delegate.Confirmed
	}
	return f
}

func (q *questions) typed(d seeds.Delegate) string {
	given, family := d.GivenName, d.FamilyName
	if family == "" {
		return q.begin(given)
	}
	switch q.rng.IntN(4) {
	case 0:
		return q.begin(given)
	case 1:
		return q.begin(family)
	case 2:
		return fmt.Sprintf("%s %s", q.begin(given), q.begin(family))
	}
	return q.begin(d.LatinName)
}

// begin is at least three letters of the name, or all of a shorter one.
func (q *questions) begin(name string) string {
	n := utf8.RuneCountInString(name)
	if n <= 3 {
		return name
	}
	return string(slices.Clip([]rune(name))[:3+q.rng.IntN(n-2)])
}
