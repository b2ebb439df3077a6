package kit

import (
	"net/netip"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/limit"
)

// Limit counts one try of the thing, "sign-in" or "register", by the visitor's
// network address and, unless it is empty, by the e-mail address typed. Beyond
// either rate the answer is a problem of kind TooMany.
func Limit(c *fiber.Ctx, what string, perAddress config.Rate, email string, perEmail config.Rate) error {
	k := of(c).kit
	tries := []limit.Try{{What: what + " address", Who: household(k.clientAddress(c)), Rule: limit.Rule(perAddress)}}
	if email != "" {
		tries = append(tries, limit.Try{What: what + " email", Who: email, Rule: limit.Rule(perEmail)})
	}
	return k.limiter.Allow(c.UserContext(), tries...)
}

// household returns the address, or for IPv6 the network of 64 bits that one
// subscriber has to choose from.
func household(addr netip.Addr) string {
	if !addr.Is6() {
		return addr.String()
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return addr.String()
	}
	return network.String()
}
