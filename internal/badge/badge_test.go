package badge_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"image/png"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"convene/internal/badge"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

func open(t *testing.T) *store.DB {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, badge.Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func issue(t *testing.T, db *store.DB, s *badge.Service, event, delegate string) (badge.Badge, string) {
	t.Helper()
	var b badge.Badge
	err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
		b, err = s.Issue(t.Context(), tx, event, delegate)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.Code(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, code
}

func TestPublicKeyAloneVerifies(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := badge.New(db, time.Now, "a secret of the installation")
	b, text := issue(t, db, s, "event-1", "delegate-1")

	keys, err := s.Keys(t.Context(), "event-1")
	if err != nil || len(keys) != 1 {
		t.Fatalf("Keys = %v, %v; want one key", keys, err)
	}
	code, err := badge.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := code.Verify(keys[0].Public); err != nil {
		t.Errorf("Verify = %v", err)
	}
	if code.ID != b.ID || code.KeyID != keys[0].ID {
		t.Errorf("code names badge %s and key %s; want %s and %s", code.ID, code.KeyID, b.ID, keys[0].ID)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := code.Verify(other); !errors.Is(err, badge.ErrForged) {
		t.Errorf("another key: %v; want ErrForged", err)
	}
}

func TestCodeHoldsNothingPersonalAndFitsReaders(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := badge.New(db, time.Now, "secret")
	_, text := issue(t, db, s, "iclc-2015", "amina@example.org")
	if !regexp.MustCompile(`^[A-Z2-7]{130}$`).MatchString(text) {
		t.Errorf("code = %q; want 130 signs of A-Z and 2-7", text)
	}
}

func TestParseForgivesReaders(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, text := issue(t, db, badge.New(db, time.Now, "secret"), "e", "d")
	for _, typed := range []string{text, strings.ToLower(text), text + "\r\n", " " + text[:60] + "-" + text[60:]} {
		if _, err := badge.Parse(typed); err != nil {
			t.Errorf("Parse(%q) = %v", typed, err)
		}
	}
	for _, typed := range []string{"", "HELLO", text[1:], text + "A", strings.Repeat("A", 130), "1" + text[1:], text[:129] + "1"} {
		if _, err := badge.Parse(typed); !errors.Is(err, badge.ErrNotACode) {
			t.Errorf("Parse(%q) = %v; want ErrNotACode", typed, err)
		}
	}
}

func TestCheckRefusesForgeries(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := badge.New(db, time.Now, "secret")
	b, text := issue(t, db, s, "event-1", "delegate-1")
	if _, event, err := s.Check(t.Context(), text); err != nil || event != "event-1" {
		t.Fatalf("Check = %q, %v", event, err)
	}
	stranger := badge.New(db, time.Now, "another secret")
	forged, err := stranger.Code(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Check(t.Context(), forged); !errors.Is(err, badge.ErrForged) {
		t.Errorf("a code by another secret: %v; want ErrForged", err)
	}
	for i := range len(text) - 1 { // the last sign holds spare bits, which Parse refuses
		flipped := []byte(text)
		flipped[i] = map[bool]byte{true: 'B', false: 'A'}[flipped[i] == 'A']
		if _, _, err := s.Check(t.Context(), string(flipped)); err == nil {
			t.Fatalf("a code changed at sign %d passes", i)
		}
	}
}

func TestBadgesOutliveTheSecret(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, old := issue(t, db, badge.New(db, time.Now, "first"), "event-1", "d1")
	s := badge.New(db, time.Now, "second")
	issue(t, db, s, "event-1", "d2")
	if _, event, err := s.Check(t.Context(), old); err != nil || event != "event-1" {
		t.Errorf("Check of an old badge = %q, %v", event, err)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := badge.New(db, time.Now, "secret")
	b, _ := issue(t, db, s, "e", "d")
	revoke := func() {
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return s.Revoke(t.Context(), tx, b.ID) }); err != nil {
			t.Fatal(err)
		}
	}
	revoke()
	first, err := s.Get(context.Background(), db, b.ID)
	if err != nil || first.Revoked.IsZero() {
		t.Fatalf("after Revoke: %+v, %v", first, err)
	}
	revoke()
	if second, _ := s.Get(context.Background(), db, b.ID); !second.Revoked.Equal(first.Revoked) {
		t.Errorf("revoked again moved the instant from %s to %s", first.Revoked, second.Revoked)
	}
}

func TestDrawnCodeReadsBack(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, text := issue(t, db, badge.New(db, time.Now, "secret"), "e", "d")
	picture, err := badge.DrawPNG(text, 360)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil || read.GetText() != text {
		t.Errorf("read back %v, %v; want %q", read, err, text)
	}
}

func TestAKeyOfAFailedTransactionIsWrittenByTheNext(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := badge.New(db, time.Now, "secret")
	failed := errors.New("failed")
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for _, d := range []string{"d1", "d2"} {
			if _, err := s.Issue(t.Context(), tx, "event-1", d); err != nil {
				return err
			}
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	_, code := issue(t, db, s, "event-1", "d3")
	if _, _, err := badge.New(db, time.Now, "secret").Check(t.Context(), code); err != nil {
		t.Errorf("a restarted program says of a genuine badge: %v", err)
	}
}
