package outbox

import "context"

// Check connects to the mail server, protects the connection and signs in as
// for sending, and leaves again. No letter is sent.
func (s *Sender) Check(ctx context.Context) error {
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	return c.quit()
}
