package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// codeSigns leaves out every sign that is easily read as another: 0 O, 1 I L, 2 Z,
// 5 S, 8 B, U V.
const codeSigns = "34679ACDEFGHJKMNPQRTVWXY"

// codeLength is how many signs a code has. They hold 55 bits: too many to be guessed
// where tries are limited, few enough to be typed from paper.
const codeLength = 12

// Code makes a code that can be typed, of the same parts as Token: twelve signs in
// groups of four. Whoever takes one from strangers limits how often they may try.
func Code(secret, kind, id string, serial int) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "convene code\x00%s\x00%s\x00%d", kind, id, serial)
	n, base, sign := new(big.Int).SetBytes(mac.Sum(nil)), big.NewInt(int64(len(codeSigns))), new(big.Int)
	var code strings.Builder
	for i := range codeLength {
		if i > 0 && i%4 == 0 {
			code.WriteByte('-')
		}
		n.DivMod(n, base, sign)
		code.WriteByte(codeSigns[sign.Int64()])
	}
	return code.String()
}

// HashCode is what a record keeps of its code, however it was typed: in capitals or
// not, with hyphens, spaces or neither. Unlike Hash it needs the secret, since a code
// is short enough to be found by trying them all.
func HashCode(secret, code string) string {
	signs := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, code)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "convene code hash\x00%s", signs)
	return hex.EncodeToString(mac.Sum(nil))
}
