package kit

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// deadline gives c.UserContext() the time that a request may take. The context
// ends with the handler: a streamed body, which is written later, needs
// context.WithoutCancel and a limit of its own.
func (k *Kit) deadline(c *fiber.Ctx) error {
	ctx := &of(c).deadline
	ctx.until = time.Now().Add(k.config.HTTP.RequestTimeout)
	defer ctx.end()
	c.SetUserContext(ctx)
	return c.Next()
}

// lateContext is a context with a deadline that sets its timer when somebody
// first looks at it. A page served from memory never does, and timers cost.
type lateContext struct {
	until  time.Time
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
}

// ended is the context of a request that is over.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (l *lateContext) real() context.Context {
	l.once.Do(func() { l.ctx, l.cancel = context.WithDeadline(context.Background(), l.until) })
	return l.ctx
}

func (l *lateContext) end() {
	l.once.Do(func() { l.ctx = ended })
	if l.cancel != nil {
		l.cancel()
	}
}

func (l *lateContext) Deadline() (time.Time, bool) { return l.until, true }
func (l *lateContext) Done() <-chan struct{}       { return l.real().Done() }
func (l *lateContext) Err() error                  { return l.real().Err() }

// Value knows the real context, so that package context recognises it and needs
// no goroutine for each context made from this one.
func (l *lateContext) Value(key any) any { return l.real().Value(key) }
