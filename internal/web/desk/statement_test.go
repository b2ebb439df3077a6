package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"convene/internal/account"
	"convene/internal/outbox"
	"convene/internal/statement"
	"convene/internal/store"
)

const statements = "/desk/e/autumn/statement"

func (h *house) follow(email string) {
	h.t.Helper()
	ctx := h.t.Context()
	if err := h.app.Statements.Subscribe(ctx, h.event.ID, email, "en"); err != nil {
		h.t.Fatal(err)
	}
	for _, l := range h.letters(outbox.Filter{Event: h.event.ID}) {
		if l.To.Email != email {
			continue
		}
		sub, err := h.app.Statements.Subscription(ctx, l.Data["subscription"])
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.app.Statements.Confirm(ctx, h.app.Statements.Token(sub)); err != nil {
			h.t.Fatal(err)
		}
		return
	}
	h.t.Fatalf("no letter to %s", email)
}

func TestStatementChange(t *testing.T) {
	h := open(t)
	st := h.addStatement()
	h.follow("a@example.org")
	h.follow("b@example.org")
	b := h.as(account.Organiser)
	page := b.open(statements)
	wantText(t, page, "main form .hint", "2 subscribers will be told")
	wantText(t, page, "header .pill", "Drafting")
	if got := page.Find("select[name=state] option[selected]").AttrOr("value", ""); got != string(statement.Consultation) {
		t.Errorf("the state to come is %s", got)
	}
	a := b.submit(page, "main form", url.Values{"state": {"consultation"}, "note": {"Until the <b>end</b> of July"}})
	after := b.follow(a)
	wantText(t, after, ".flash.good", "Consultation")
	wantText(t, after, "header .pill", "Consultation")
	wantText(t, after, ".trail", "Until the <b>end</b> of July")
	if n, err := h.app.Statements.Announce(t.Context()); n != 2 || err != nil {
		t.Errorf("%d letters, %v", n, err)
	}
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail li:first-child", "State of the statement changed: The statement · Drafting → Consultation Organiser")

	// The page from before knows another state.
	a = b.submit(page, "main form", url.Values{"state": {"tabled"}, "note": {"kept"}})
	if a.StatusCode != http.StatusConflict {
		t.Errorf("an old page: %s", a.Status)
	}
	wantText(t, a.doc(), ".error-summary", "Somebody was faster")
	wantText(t, a.doc(), "textarea", "kept")
	a = b.submit(after, "main form", url.Values{"state": {"nonsense"}})
	if a.StatusCode != http.StatusUnprocessableEntity || a.doc().Find(".field.invalid").Length() != 1 {
		t.Errorf("no state: %s", a.Status)
	}
	if found, err := h.app.Statements.Get(t.Context(), store.Reader(h.app.DB), st.ID); err != nil || len(found.History) != 1 {
		t.Errorf("the history has %v, %v", found.History, err)
	}
}

func TestNoStatement(t *testing.T) {
	wantText(t, open(t).as(account.Organiser).open(statements), ".empty", "No statement yet")
}
