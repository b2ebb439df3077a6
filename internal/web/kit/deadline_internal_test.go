package kit

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestLateContext(t *testing.T) {
	l := &lateContext{until: time.Now().Add(20 * time.Millisecond)}
	if l.Err() != nil {
		t.Error("over before its time")
	}
	child, cancel := context.WithCancel(l)
	defer cancel()
	select {
	case <-child.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("a context made from it does not end")
	}
	if !errors.Is(child.Err(), context.DeadlineExceeded) || !errors.Is(l.Err(), context.DeadlineExceeded) {
		t.Errorf("%v, %v", child.Err(), l.Err())
	}
}

func TestLateContextEnds(t *testing.T) {
	for name, look := range map[string]func(context.Context){
		"looked at":       func(ctx context.Context) { _ = ctx.Err() },
		"never looked at": func(context.Context) {},
	} {
		l := &lateContext{until: time.Now().Add(time.Hour)}
		look(l)
		l.end()
		if !errors.Is(l.Err(), context.Canceled) {
			t.Errorf("%s: %v after its end", name, l.Err())
		}
	}
}
