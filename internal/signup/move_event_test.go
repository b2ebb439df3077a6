package signup_test

import (
	"testing"
	"time"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/signup"
)

// TestMovingTheEvent moves an event: what closes before it closes as long before it as
// it did, what has begun stays so, and what people were promised does too.
func TestMovingTheEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	now, zone := h.clock.Now(), h.event.Location()
	before := h.event.FirstDay().Add(-36 * time.Hour) // noon
	local := func(at time.Time) string { return at.In(zone).Format(event.LocalTime) }
	_, err := h.app.Events.SaveCategory(t.Context(), h.event.ID, "mayor", event.Typed(event.TypedCategory{
		Opens: local(now.Add(-time.Hour)), Closes: local(before),
	}))
	if err != nil {
		t.Fatal(err)
	}
	session := h.open(h.session("visit", h.event.Starts+" 10:00", 60), signup.Typed{Closes: local(before)})
	keep := h.event.Over().UTC()
	_, err = h.app.Forms.Save(t.Context(), h.event.ID, form.Question{
		ID: "meal", Kind: form.Text, Label: i18n.English("Meal"), Asked: form.Later, Freeze: before.UTC(), Keep: keep,
	})
	if err != nil {
		t.Fatal(err)
	}
	was, err := h.app.Events.Get(t.Context(), h.app.DB, h.event.ID)
	if err != nil {
		t.Fatal(err)
	}

	const days = -3
	to, err := h.app.Programme.Move(t.Context(), h.event.ID, h.event.FirstDay().AddDate(0, 0, days).Format(time.DateOnly))
	if err != nil {
		t.Fatal(err)
	}
	want := before.In(zone).AddDate(0, 0, days)
	mayor, _ := to.Category("mayor")
	old, _ := was.Category("mayor")
	if !mayor.Closes.Equal(want.Truncate(time.Minute)) || !mayor.Opens.Equal(old.Opens) {
		t.Errorf("the category is open from %s to %s; want from %s to %s", mayor.Opens, mayor.Closes, old.Opens, want)
	}
	if o, _, err := h.app.Signups.Opening(t.Context(), session.ID); err != nil || !o.Closes.Equal(want.Truncate(time.Minute)) || !o.Opens.IsZero() {
		t.Errorf("the session is open from %s to %s, %v; want to %s", o.Opens, o.Closes, err, want)
	}
	set, err := h.app.Forms.Of(t.Context(), h.event.ID)
	if q := set.Questions[0]; err != nil || !q.Freeze.Equal(want) || !q.Keep.Equal(keep) {
		t.Errorf("answers can be changed until %s and are kept until %s, %v; want %s and %s", q.Freeze, q.Keep, err, want, keep)
	}
}
