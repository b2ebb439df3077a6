// Package link makes the tokens of personal links.
//
// A token is 128 bits, made from the installation's secret and what the link is
// for. Only its hash is stored, to find the record by; the token itself is made
// again whenever a letter needs it. So neither a stolen database nor a look at
// the desk opens anybody's page.
package link

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// Token makes the token of a link: its kind, the id of what it opens, and a
// serial that a new link for the same thing raises.
func Token(secret, kind, id string, serial int) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "convene link\x00%s\x00%s\x00%d", kind, id, serial)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Random makes a token of 256 bits that nobody can make again, as the cookie of a
// session has one.
func Random() string {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// Hash is what a record keeps of its token.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
