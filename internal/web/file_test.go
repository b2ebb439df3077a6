package web_test

import (
	"net/http"
	"strings"
	"testing"

	"convene/internal/letter"
	"convene/internal/reminder"
	"convene/internal/store"
)

// What letters link to is saved, never shown, whoever made it.
func TestFilesAreSavedNotShown(t *testing.T) {
	h := newHouse(t)
	change := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := h.app.DB.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	change(func(tx *store.Tx) error {
		a := letter.Attachment{Event: h.event.ID, Occasion: reminder.OccasionWeek}
		return h.app.Composer.Attach(t.Context(), tx, "file", a, letter.Upload{Name: "Plan d'accès, \"A\".txt", Data: []byte("À gauche.")})
	})
	list, err := h.app.Composer.Attachments(t.Context(), h.event.ID, reminder.OccasionWeek)
	if err != nil {
		t.Fatal(err)
	}
	path := "/files/" + h.app.Files.Token(list[0].File)
	answer, body := h.get(path, "")
	for name, want := range map[string]string{
		"Content-Type": "text/plain", "Content-Disposition": `attachment; filename*=UTF-8''Plan%20d%27acc%C3%A8s%2C%20A.txt`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache",
	} {
		if got := answer.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	if answer.StatusCode != http.StatusOK || body != "À gauche." {
		t.Errorf("%s: %q", answer.Status, body)
	}
	change(func(tx *store.Tx) error {
		return h.app.Composer.Detach(t.Context(), tx, h.event.ID, reminder.OccasionWeek, list[0].ID)
	})
	for _, gone := range []string{path, "/files/none"} {
		if answer, _ := h.get(gone, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", gone, answer.Status)
		}
	}
}
