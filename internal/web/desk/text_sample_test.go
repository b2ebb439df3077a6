package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/outbox"
)

// A test is written as to the delegate, but belongs to whoever tries it: not to the
// delegate's own letters, and not into anybody's calendar.
func TestATestIsNobodysLetter(t *testing.T) {
	h := open(t)
	amina := h.approve(h.person("Amina Yusuf"))
	b := h.as(account.Organiser)
	before := len(h.letters(outbox.Filter{Person: amina.ID}))
	page := b.open("/desk/e/autumn/texts/" + delegate.OccasionBadge + "?language=en")
	typed := url.Values{"do": {"test"}, "to": {"Amina"}, "subject": {"Welcome {{.Name}}"}, "body": {"Dear {{.Name}}"}}
	b.follow(b.submit(page, "main form.form", typed))
	if after := len(h.letters(outbox.Filter{Person: amina.ID})); after != before {
		t.Errorf("the delegate has %d letters; had %d", after, before)
	}
	for _, l := range h.letters(outbox.Filter{Event: h.event.ID}) {
		if l.Data["test"] == "" {
			continue
		}
		m, err := h.app.Composer.Compose(t.Context(), l, outbox.ForSending)
		if err != nil || m.Calendar != nil || !strings.Contains(m.Subject, "Welcome Amina Yusuf") || l.To.Email != "organiser@example.org" {
			t.Errorf("the test is %q to %s with the calendar %v: %v", m.Subject, l.To.Email, m.Calendar, err)
		}
		return
	}
	t.Error("there is no test")
}

// approve confirms somebody who awaits approval.
func (h *house) approve(d delegate.Delegate) delegate.Delegate {
	h.t.Helper()
	d, err := h.app.Delegates.Approve(h.t.Context(), d.ID, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}
