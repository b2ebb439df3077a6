package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/statement"
	"convene/internal/store"
)

// addresses are one working address for each route of the desk.
func (h *house) addresses() []fiber.Route {
	h.t.Helper()
	d := h.person("Amina Yusuf")
	letters, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(letters.Items) == 0 {
		h.t.Fatalf("no letter: %v", err)
	}
	st := h.addStatement()
	rule, message := h.addRule(), h.addMessage()
	fill := strings.NewReplacer(
		":slug", h.event.Slug, "statement/:id", "statement/"+st.ID, "rules/:id", "rules/"+rule.ID, "messages/:id", "messages/"+message.ID,
		":session", h.addSession("visit", "2026-09-28 10:00").Slug, ":id", d.ID, ":do", "approve", ":occasion", "event.week",
		":job", "cleanup", ":letter", outbox.Key(letters.Items[0].ID))
	var list []fiber.Route
	for _, r := range h.kit.App.GetRoutes(true) {
		if strings.HasPrefix(r.Path, "/desk") && (r.Method == http.MethodGet || r.Method == http.MethodPost) {
			list = append(list, fiber.Route{Method: r.Method, Path: fill.Replace(r.Path)})
		}
	}
	return list
}

func (h *house) addStatement() statement.Statement {
	h.t.Helper()
	st := statement.Statement{Event: h.event.ID, Slug: "s", Title: i18n.English("The statement"), Kind: "statement", State: statement.Drafting}
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) (err error) {
		st, err = h.app.Statements.Save(h.t.Context(), tx, st)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

// proof is what a form needs beside its fields.
func (b *browser) proof() url.Values {
	b.t.Helper()
	token := b.open("/sign-in").Find(".signin input[name=_csrf]").AttrOr("value", "")
	return url.Values{"_csrf": {token}}
}

func TestWhoMaySee(t *testing.T) {
	h := open(t)
	routes := h.addresses()
	if len(routes) < 20 {
		t.Fatalf("only %d routes", len(routes))
	}
	anonymous, door, organiser, administrator := h.browser(), h.as(account.Door), h.as(account.Organiser), h.as(account.Administrator)
	for _, r := range routes {
		send := func(b *browser) answer {
			if r.Method == http.MethodGet {
				return b.send(r.Method, r.Path, nil)
			}
			return b.send(r.Method, r.Path, b.proof())
		}
		a := send(anonymous)
		if r.Method == http.MethodPost && a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s without signing in: %s", r.Method, r.Path, a.Status)
		}
		if want := "/sign-in?next=" + url.QueryEscape(r.Path); r.Method == http.MethodGet && a.Header.Get("Location") != want {
			t.Errorf("%s %s without signing in leads to %q", r.Method, r.Path, a.Header.Get("Location"))
		}
		if a := send(door); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s by door staff: %s", r.Method, r.Path, a.Status)
		}
		for _, b := range []*browser{organiser, administrator} {
			if a := send(b); a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusUnauthorized || a.StatusCode >= 500 {
				t.Errorf("%s %s by an organiser: %s", r.Method, r.Path, a.Status)
			}
		}
	}
}

func TestFormsNeedTheirProof(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for _, r := range h.addresses() {
		if r.Method != http.MethodPost {
			continue
		}
		if a := b.send(r.Method, r.Path, url.Values{"seen": {"2"}}); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", r.Path, a.Status)
		}
	}
	if entries := h.trail(b.onlyPerson()); len(entries) != 2 {
		t.Errorf("something was done: %v", entries)
	}
}

// onlyPerson is the id of the first delegate in the list.
func (b *browser) onlyPerson() string {
	href := b.open("/desk/e/autumn/delegates").Find("tbody th a").First().AttrOr("href", "")
	return href[strings.LastIndex(href, "/")+1:]
}

func TestAnotherEventsRecords(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	st := h.addStatement()
	letters, err := h.app.Outbox.Letters(t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	h.addEvent("spring", "2026-12-01")
	b := h.as(account.Organiser)
	for _, path := range []string{"delegates/" + d.ID, "letters/" + outbox.Key(letters.Items[0].ID), "letters/%21", "letters/" + outbox.Key("nothing")} {
		if a := b.send(http.MethodGet, "/desk/e/spring/"+path, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	for _, path := range []string{"delegates/" + d.ID + "/approve", "statement/" + st.ID} {
		if a := b.send(http.MethodPost, "/desk/e/spring/"+path, b.proof()); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	bulk := b.proof()
	bulk["id[]"], bulk["do"] = []string{d.ID}, []string{"approve"}
	if a := b.send(http.MethodPost, "/desk/e/spring/delegates/bulk", bulk); a.StatusCode != http.StatusNotFound {
		t.Errorf("bulk: %s", a.Status)
	}
}
