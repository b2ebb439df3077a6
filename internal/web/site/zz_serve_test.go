package site_test

import (
	"os"
	"testing"
	"time"
	"convene/internal/app"
)

var _ app.App

func TestServe(t *testing.T) {
	addr := os.Getenv("SITE_SERVE")
	if addr == "" {
		t.Skip()
	}
	a, err := newApp(seeded, func() time.Time { return began.Add(time.Since(start)) })
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(serve(t, a).Listen(addr))
}

var start = time.Now()
