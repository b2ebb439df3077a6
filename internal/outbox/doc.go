// Package outbox keeps the letters that convene writes and hands them to a mail
// server.
//
// A letter is queued in the transaction of the change that causes it, under an
// id that says what it is about, so it is there exactly when the change is and
// making it twice makes one. Deliver leases the letters that are due, has each
// composed, sends it and records the server's answer, within milliseconds and
// together with those that come at the same time.
//
// # What may happen twice
//
// A letter that was sent and not yet recorded when the program crashed is sent
// again once its lease has run out, with the same Message-ID, by which mail
// programs tell that it is the same. Nothing else is sent twice, and nothing is
// lost.
//
// # States
//
//	waiting ─→ leased ─→ sent
//	   │         ├─────→ failed     refused for good, or too many attempts
//	   │         ├─────→ expired    the deadline came first
//	   │         └─────→ retrying ─→ leased …
//	   └─→ cancelled ←──────┘
//
// Logs name letters by id and occasion, never by address.
package outbox
