package outbox

import "context"

// LeaseAndDie leases what is due, as an instance that is killed thereafter.
func (o *Outbox) LeaseAndDie(ctx context.Context) error {
	_, err := o.lease(ctx, o.Clock())
	return err
}
