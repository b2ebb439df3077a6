package storetest

import (
	"testing"

	"convene/internal/store"
)

// shared checks what two instances of the program on one database may rely on.
func (s *suite) shared(t *testing.T) {
	need(t, s.has.Share != nil, "Share")
	pair := func(t *testing.T) (a, b *store.DB) {
		engine := s.newEngine(t)
		return openDB(t, engine), openDB(t, s.has.Share(t, engine))
	}
	t.Run("one sees what the other wrote", func(t *testing.T) {
		a, b := pair(t)
		save(t, a, newGuest("ada"))
		if err := change(t.Context(), b, "ada", named("Changed")); err != nil {
			t.Fatal(err)
		}
		wantFound(t, a, store.By("by_name", "e", "Changed"), "ada")
	})
	t.Run("nothing is lost", func(t *testing.T) {
		a, b := pair(t)
		countTo100(t, a, b)
	})
	t.Run("race", func(t *testing.T) {
		a, b := pair(t)
		raceForBadge(t, a, b)
	})
}
