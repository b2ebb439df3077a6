//go:build !race

package outbox_test

// crashDefault is how many letters TestMailCrash delivers unless told.
const crashDefault = 10_000
