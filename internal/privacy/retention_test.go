package privacy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox/catcher"
	"convene/internal/privacy"
	"convene/internal/problem"
)

func (h *house) retain(announced, erased int) {
	h.t.Helper()
	counts, err := h.app.Privacy.Retain(h.t.Context())
	h.must(err)
	if counts["announced"] != announced || counts["erased"] != erased {
		h.t.Errorf("on %s: %v; want %d announced and %d erased", h.clock.Now().Format(time.DateOnly), counts, announced, erased)
	}
}

// People and answers go when their time is over, never without two weeks' notice, and
// what went stays on record as numbers.
func TestRetention(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	_, err := h.app.Accounts.Add(ctx, "Olga Organiser", "olga@example.org", account.Organiser, "a password for tests")
	h.must(err)
	_, err = h.app.Accounts.Add(ctx, "Dora Door", "dora@example.org", account.Door, "a password for tests")
	h.must(err)
	over := h.event.Over()
	_, err = h.app.Forms.Save(ctx, h.event.ID, form.Question{
		ID: "passport", Kind: form.Text, Label: i18n.English("Passport number"), Asked: form.AtRegistration, Keep: over.AddDate(0, 1, 0),
	})
	h.must(err)
	f := apptest.Form("Telltale Zyxwv", "telltale@example.org")
	f.Answers = form.Answers{"passport": {"TELLTALE77"}}
	h.confirm(f)
	h.confirm(apptest.Form("Other Person", "other@example.org"))
	_, err = h.app.Delegates.MakeInvitation(ctx, h.event, delegate.TypedInvitation{Name: "Ivy Invited", Email: "ivy@example.org", Note: "met in Cork"})
	h.must(err)
	h.must(h.app.Delegates.RegisterGroup(ctx, h.event, delegate.GroupForm{
		Contact: "Carla Contact", Email: "carla@example.org", Shared: apptest.Form("", ""), People: []delegate.GroupPerson{{Name: "Gert Group"}},
	}))
	h.deliver()
	before, err := h.app.Reports.Numbers(ctx, h.event)
	h.must(err)

	h.clock.Set(over.AddDate(0, 1, -15))
	h.retain(0, 0)
	h.clock.Set(over.AddDate(0, 1, -14))
	h.retain(1, 0)
	h.retain(0, 0) // once
	h.clock.Set(over.AddDate(0, 1, 0))
	h.retain(0, 1)
	_, err = h.app.Delegates.Purge(ctx) // of links, as every night
	h.must(err)
	h.wantNone("TELLTALE77")
	if !strings.Contains(h.dump(), "Zyxwv") {
		t.Error("the person went with the answer")
	}

	due := over.AddDate(1, 0, 0)
	h.clock.Set(due.AddDate(0, 0, -10)) // late: the program was down
	h.retain(1, 0)
	h.deliver()
	told := func(m catcher.Message) bool { return strings.Contains(string(m.Raw), "Data will be erased on") }
	letters := slices.DeleteFunc(h.caught.Messages(), func(m catcher.Message) bool { return !told(m) })
	if len(letters) != 2 || !slices.Equal(letters[0].To, []string{"olga@example.org"}) {
		t.Errorf("%d letters tell the organisers; want one for the answers and one for the people", len(letters))
	}
	h.clock.Set(due)
	h.retain(0, 0) // the notice is not over
	staff := audit.As(ctx, organiser)
	for _, wrong := range [][2]string{{"", "why"}, {h.event.DayOf(due), "why"}, {"2099-01-01", "why"}, {h.event.DayOf(due.AddDate(0, 1, 0)), " "}} {
		if _, err := h.app.Events.PutOff(staff, h.event.ID, wrong[0], wrong[1]); problem.KindOf(err) != problem.Invalid {
			t.Errorf("put off to %q for %q: %v", wrong[0], wrong[1], err)
		}
	}
	h.event, err = h.app.Events.PutOff(staff, h.event.ID, h.event.DayOf(due.AddDate(0, 2, 0)), "an audit of the funds")
	h.must(err)
	h.clock.Set(due.AddDate(0, 0, 5))
	h.retain(0, 0)
	h.clock.Set(due.AddDate(0, 2, -14))
	h.retain(1, 0)
	h.clock.Set(due.AddDate(0, 2, 0))
	h.retain(0, 2)
	h.wantNone("telltale", "zyxwv", "other@example.org", "Other Person", "ivy@example.org", "Ivy Invited", "met in Cork", "carla@example.org", "Carla Contact", "Gert Group")
	after, err := h.app.Reports.Numbers(ctx, h.event)
	h.must(err)
	if before.Participants != after.Participants || before.Countries != after.Countries {
		t.Errorf("numbers %+v; before %+v", after, before)
	}
	plans, err := h.app.Privacy.Plans(ctx, h.event)
	h.must(err)
	if len(plans) != 3 || plans[0].Erased != 2 || plans[0].Open || !plans[1].GivenUp || plans[2].What != "passport" || plans[2].Erased != 1 {
		t.Errorf("the record is %+v", plans)
	}
}

// Invented people stay, and what was begun is finished.
func TestRetentionOfRehearsalsAndAfterACrash(t *testing.T) {
	t.Parallel()
	h := open(t, func(e *event.Event) { e.Rehearsal = true })
	h.confirm(apptest.Form("Invented Person", "invented@example.org"))
	h.clock.Set(h.event.Over().AddDate(20, 0, 0))
	h.retain(0, 0)
	dues, err := h.app.Privacy.Dues(t.Context(), h.event)
	if err != nil || len(dues) != 0 {
		t.Errorf("due of a rehearsal: %v, %v", dues, err)
	}

	h = open(t, nil)
	h.confirm(apptest.Form("Telltale Zyxwv", "telltale@example.org"))
	h.clock.Set(h.event.KeptUntil())
	h.retain(1, 0)
	h.clock.Add(privacy.Notice)
	plans, err := h.app.Privacy.Plans(t.Context(), h.event)
	h.must(err)
	cut := h.app.Privacy.Cut(t.Context(), h.event, plans[0])
	h.must(cut)
	if n, err := h.app.Privacy.GoOn(t.Context()); n != 1 || err != nil {
		t.Errorf("went on with %d, %v", n, err)
	}
	h.wantNone("telltale", "zyxwv")
}
