// Package bounce learns which letters come back. Mail servers report it in
// messages of a fixed form (RFC 3464), which are read from a mailbox file or posted
// to a hook; the outbox keeps what they say with the letter, and sends no more to
// an address that takes none.
//
// A report is believed only when it names a letter that went to the very address
// that it speaks of. All others are counted and forgotten.
package bounce

import (
	"context"
	"time"

	"convene/internal/audit"
	"convene/internal/outbox"
	"convene/internal/store"
)

// MaxMessage is the longest message, in bytes, that is read as a report.
const MaxMessage = 1 << 20

// Service takes in reports.
type Service struct {
	DB      *store.DB
	Clock   func() time.Time
	Outbox  *outbox.Outbox
	Mailbox string // the file that ReadMailbox reads
}

var marks = store.NewCollection("bounce_marks", func(m mark) string { return m.ID })

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{marks.Schema()} }

// Take keeps what a report says and returns how many of its recipients were
// "hard", "soft", "known" or "foreign" (see outbox.Heard), or "well" where no
// failure is reported. Taking it again changes nothing. A message that is no
// report is an ErrNoReport.
func (s *Service) Take(ctx context.Context, raw []byte) (map[string]int, error) {
	report, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, one := range report.Recipients {
		if one.Action != "failed" && one.Action != "delayed" {
			counts["well"]++
			continue
		}
		heard, err := s.Outbox.Bounced(ctx, one.notice(report))
		if err != nil {
			return counts, err
		}
		counts[string(heard)]++
	}
	return counts, nil
}

func (r Recipient) notice(of Report) outbox.Notice {
	return outbox.Notice{
		Report: of.ID, MessageID: of.MessageID, Addresses: []string{r.Final, r.Original},
		Hard: r.Hard(), Status: r.Status, Answer: r.Answer, Server: r.Server,
	}
}

// Hard reports whether no letter to the address will ever arrive: the server has
// given up, for a reason that lies with the address.
func (r Recipient) Hard() bool {
	if r.Action != "failed" || !outbox.Hard(r.Status) {
		return false
	}
	if r.Status != "5.0.0" {
		return true
	}
	switch r.reply() { // RFC 5321: too much for the mailbox; failed for any reason
	case "552", "554":
		return false
	}
	return true
}

// TryAgain has the address get letters again. event and subject say for the audit
// trail where that was asked for. tried is false when nothing held letters to it
// back.
func (s *Service) TryAgain(ctx context.Context, event, subject, email string) (tried bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if tried, err = outbox.Lift(ctx, tx, email); err != nil || !tried {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "address.try", Event: event, Subject: subject})
	})
	return tried, err
}
