package outbox

import (
	"context"
	"time"
)

// LeaseAndDie takes what is due, as an instance that is killed thereafter.
func (o *Outbox) LeaseAndDie(ctx context.Context) error {
	d := &delivery{Outbox: o, begun: o.Clock(), lasting: ctx}
	_, err := d.lease(ctx)
	return err
}

// InFlight is how many letters at most are sent again after a kill, with so many
// connections.
func InFlight(connections int) int {
	return connections + unrecorded*connections + recorders*maxGroup
}

// LongestPause is the longest wait between two attempts.
func LongestPause() time.Duration { return pauses[len(pauses)-1] }
