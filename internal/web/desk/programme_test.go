package desk_test

import (
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/store"
)

func TestProgramme(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	b := h.as(account.Organiser)
	wantText(t, b.open("/desk/e/autumn/programme"), ".empty", "No sessions yet")

	start := time.Date(2026, 9, 28, 15, 0, 0, 0, time.UTC)
	session := func(slug string, at time.Time, people ...string) programme.Session {
		s := programme.Session{Slug: slug, Kind: programme.Plenary, Title: i18n.English("Session " + slug), Start: at, Minutes: 60}
		for _, p := range people {
			s.Roles = append(s.Roles, programme.Role{Person: p, Duty: programme.Speaker})
		}
		return s
	}
	err := h.app.DB.Update(ctx, func(tx *store.Tx) error {
		p, err := h.app.Programme.SavePerson(ctx, tx, programme.Person{Event: h.event.ID, Slug: "amina", Name: "Amina <i>Yusuf"})
		if err != nil {
			return err
		}
		for _, s := range []programme.Session{
			session("a", start, p.ID), session("b", start.Add(30*time.Minute), p.ID), session("c", start.Add(4*time.Hour)),
		} {
			if _, err := h.app.Programme.SaveSession(ctx, tx, h.event, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page := b.open("/desk/e/autumn/programme")
	wantText(t, page, ".desk-title", "3 sessions · 1 person on the roster")
	tables := page.Find("table.data")
	wantText(t, page, "table.data tbody", "One person in two sessions Amina <i>Yusuf")
	if got := text(tables.Eq(0).Find("td")); got != "Session a 09:00 – 10:00 Session b 09:30 – 10:30" {
		t.Errorf("the conflict is %s", got)
	}
	if got := tables.Eq(1).Find("td a").First().AttrOr("href", ""); got != "/e/autumn/sessions/a" {
		t.Errorf("the session is at %s", got)
	}
	wantText(t, b.open("/desk/e/autumn"), ".action-list", "1 conflict in the programme")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Session saved: Session a")
}
