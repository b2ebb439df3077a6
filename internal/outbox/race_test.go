//go:build race

package outbox_test

// crashDefault is less here: the race detector makes the store twenty times as
// slow.
const crashDefault = 5000
