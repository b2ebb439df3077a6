// Package badge issues, signs, verifies, revokes and draws the codes on badges.
//
// A code names a badge and nothing else: no name, no address, no registration
// number. It is signed with the event's Ed25519 key (RFC 8032), so a reader that
// has the public key can tell a genuine badge without asking anybody; whether the
// badge still admits is the store's to say.
//
// The text of a code uses only capital letters and the digits 2 to 7 (RFC 4648
// base32): QR codes hold it in their compact alphanumeric mode, and readers that
// type it on a keyboard cannot confuse shifted signs.
package badge

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
)

// The layout of a code's bytes: version, key id, badge id, signature.
const (
	codeVersion = 1
	keyIDSize   = 4
	idSize      = 12
	signedSize  = 1 + keyIDSize + idSize
	codeSize    = signedSize + ed25519.SignatureSize
)

// signedContext keeps a badge's signature from meaning anything elsewhere.
const signedContext = "convene badge\x00"

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// ErrNotACode says that a text is not a badge's code at all.
var ErrNotACode = errors.New("badge: not a badge code")

// ErrForged says that a code is not signed by the key it names.
var ErrForged = errors.New("badge: the signature does not fit")

// Code is a code taken apart.
type Code struct {
	KeyID string // hexadecimal; tells which public key verifies it
	ID    string // the badge's id, hexadecimal
	raw   [codeSize]byte
}

// Parse takes a code apart without verifying it. It forgives what readers and
// people add: lower case, spaces, hyphens and line ends. Anything else is an
// ErrNotACode.
func Parse(text string) (Code, error) {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\r', '\n', '\t':
			return -1
		}
		return r
	}, strings.ToUpper(text))
	raw, err := encoding.DecodeString(clean)
	if err != nil || len(raw) != codeSize || raw[0] != codeVersion || encoding.EncodeToString(raw) != clean {
		return Code{}, ErrNotACode
	}
	return Code{
		KeyID: hex.EncodeToString(raw[1 : 1+keyIDSize]),
		ID:    hex.EncodeToString(raw[1+keyIDSize : signedSize]),
		raw:   [codeSize]byte(raw),
	}, nil
}

// Verify returns ErrForged unless the key's owner signed the code.
func (c Code) Verify(public ed25519.PublicKey) error {
	if !ed25519.Verify(public, signed(c.raw[:signedSize]), c.raw[signedSize:]) {
		return ErrForged
	}
	return nil
}

// Sign makes the code of a badge. The id is 24 hexadecimal digits.
func Sign(private ed25519.PrivateKey, id string) (string, error) {
	rawID, err := hex.DecodeString(id)
	if err != nil || len(rawID) != idSize {
		return "", errors.New("badge: the id must be 24 hexadecimal digits")
	}
	key, err := hex.DecodeString(KeyID(private.Public().(ed25519.PublicKey)))
	if err != nil {
		return "", err
	}
	raw := make([]byte, 0, codeSize)
	raw = append(raw, codeVersion)
	raw = append(raw, key...)
	raw = append(raw, rawID...)
	raw = append(raw, ed25519.Sign(private, signed(raw))...)
	return encoding.EncodeToString(raw), nil
}

func signed(head []byte) []byte { return append([]byte(signedContext), head...) }

// KeyID names a public key: the first four bytes of its SHA-256, in hexadecimal.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:keyIDSize])
}

// deriveKey makes an event's private key from the installation's secret, so that
// no private key is ever stored (HKDF, RFC 5869).
func deriveKey(secret, event string) (ed25519.PrivateKey, error) {
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, "convene badge key "+event, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func newID() string {
	id := make([]byte, idSize)
	rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
