package desk_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"convene/internal/account"
	"convene/internal/jobs"
)

func (h *house) job(name string, run func(context.Context) (map[string]int, error)) {
	h.t.Helper()
	err := h.app.Jobs.Add(jobs.Job{
		Name: name, Title: "The job " + name, Schedule: "0 3 * * *",
		Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return run(ctx) },
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestJobs(t *testing.T) {
	h := open(t)
	h.job("good", func(context.Context) (map[string]int, error) { return map[string]int{"sent": 1200, "other": 3}, nil })
	h.job("bad", func(context.Context) (map[string]int, error) { return nil, errors.New("the <disk> is full") })
	b := h.as(account.Organiser)
	page := b.open("/desk/jobs")
	wantText(t, page, "tr:has(a[href='/desk/jobs/letters'])", "Deliver letters")
	wantText(t, page, "tr:has(a[href='/desk/jobs/good'])", "The job good good every day at 03:00 UTC 19 Sep, 03:00:00 never yet")

	page = b.follow(b.submit(page, "form[action='/desk/jobs/good/run']", nil))
	wantText(t, page, ".flash.good", "has run")
	row := "tr:has(a[href='/desk/jobs/good'])"
	wantText(t, page, row+" .pill.ok", "Done")
	wantText(t, page, row, "18 Sep, 15:42:00 0 s, here")
	wantText(t, page, row, "other 3 · sent 1,200")

	page = b.follow(b.submit(page, "form[action='/desk/jobs/bad/run']", nil))
	wantText(t, page, ".flash.bad", "failed")
	wantText(t, page, "tr:has(a[href='/desk/jobs/bad'])", "the <disk> is full")
	wantText(t, page, ".desk-side", "Jobs 1 failed")
	wantText(t, b.open("/desk/e/autumn"), ".action-list", "1 job failed")

	history := b.open("/desk/jobs/bad")
	wantText(t, history, "tbody tr", "run by hand 0 s Failed the <disk> is full here")
	wantText(t, b.open("/desk/jobs/cleanup"), ".empty", "No run to show yet")
}

func TestJobThatRunsAlready(t *testing.T) {
	h := open(t)
	begun, end := make(chan struct{}), make(chan struct{})
	h.job("long", func(context.Context) (map[string]int, error) {
		close(begun)
		<-end
		return nil, nil
	})
	ended := make(chan error)
	go func() { ended <- h.app.Jobs.RunNow(context.Background(), "long") }()
	<-begun
	b := h.as(account.Organiser)
	page := b.open("/desk/jobs")
	wantText(t, page, "tr:has(a[href='/desk/jobs/long']) .pill.running", "Running")
	wantText(t, b.follow(b.submit(page, "form[action='/desk/jobs/long/run']", nil)), ".flash.wait", "running already")
	close(end)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestJobThatIsNotThere(t *testing.T) {
	b := open(t).as(account.Organiser)
	if a := b.send(http.MethodGet, "/desk/jobs/nothing", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the page: %s", a.Status)
	}
	if a := b.send(http.MethodPost, "/desk/jobs/nothing/run", b.proof()); a.StatusCode != http.StatusNotFound {
		t.Errorf("running it: %s", a.Status)
	}
}
