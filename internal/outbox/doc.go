// Package outbox keeps the letters that convene writes and hands them to a mail
// server.
//
// A letter is queued in the transaction of the change that causes it, under an
// id that says what it is about, so it is there exactly when the change is and
// making it twice makes one. Deliver takes the letters that are due in batches, has
// each composed, sends it and records the server's answer, within milliseconds and
// together with those that come at the same time.
//
// # Turns and order
//
// One outbox delivers at a time: a record of its turn says until when and names
// the letters in hand, so taking a batch writes one record (lease.go). Letters to
// one address go out in the order, to the millisecond, in which they were queued,
// urgent ones first: they stand in line behind the one being sent, and wait with
// one that is tried again (line.go). Letters beyond the limit of their domain get
// slots of their own, behind each other (domain.go).
//
// # When the server is away
//
// A server that is not reached, refuses the sender or breaks every connection
// costs no letter an attempt beyond the few that found out. Delivery rests, for
// five minutes at most, and one Alarm says since when (alarm.go).
//
// # Letters that come back
//
// A letter that was sent may come back. What servers further on say is kept with
// it (Bounced); an address that takes no letters gets none, not even necessary
// ones, until it is given anew or somebody has it tried again (bounce.go).
//
// # What may happen twice
//
// A letter that was sent and not yet recorded when the program crashed is sent
// again once the turn has run out, with the same Message-ID, by which mail
// programs tell that it is the same. Nothing else is sent twice, and nothing is
// lost.
//
// # States
//
//	waiting ─→ leased ─→ sent
//	   │         ├─────→ failed     refused for good, or too many attempts
//	   │         ├─────→ expired    the deadline came first
//	   │         ├─────→ suppressed refused by the reader, or the address bounces
//	   │         └─────→ retrying ─→ leased …
//	   └─→ cancelled ←──────┘
//
// "leased" is not stored with the letter: it is being sent while the turn names it.
//
// Logs name letters by id and occasion, never by address.
package outbox
