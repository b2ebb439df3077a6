package kit

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/limit"
	"convene/internal/person"
)

// Limit counts one try of the thing, "sign-in" or "register", by the visitor's
// network address and, unless it is empty, by the e-mail address typed, however it is
// spelt. Beyond either rate the answer is a problem of kind TooMany.
func Limit(c *fiber.Ctx, what string, perAddress config.Rate, email string, perEmail config.Rate) error {
	k := of(c).kit
	tries := []limit.Try{{What: what + " address", Who: household(k.clientAddress(c)), Rule: limit.Rule(perAddress)}}
	if email = mailbox(email); email != "" {
		tries = append(tries, limit.Try{What: what + " email", Who: email, Rule: limit.Rule(perEmail)})
	}
	return k.limiter.Allow(c.UserContext(), tries...)
}

// LimitGuess counts a try to find by guessing what only some people know, by the
// visitor's network. forgive takes the try back when it was right.
func LimitGuess(c *fiber.Ctx, what string, perAddress config.Rate) (forgive func() error, err error) {
	k, ctx := of(c).kit, c.UserContext()
	try := limit.Try{What: what + " guess", Who: household(k.clientAddress(c)), Rule: limit.Rule(perAddress)}
	return func() error { return k.limiter.Forgive(ctx, try) }, k.limiter.Allow(ctx, try)
}

// elsewhere is how many times more failures an account may have from everywhere
// than from one network: so many that a stranger elsewhere can hardly lock its
// owner out, so few that nobody guesses a password.
const elsewhere = 10

// LimitSignIn counts a try to sign in: by network, by account and network
// together, and, more freely, by account. forgive takes the try back when it
// succeeded, since only failures count.
func LimitSignIn(c *fiber.Ctx, email string) (forgive func() error, err error) {
	k := of(c).kit
	network, limits := household(k.clientAddress(c)), k.config.Limits
	email = mailbox(email)
	anywhere := limit.Rule{Count: limits.SignInPerEmail.Count * elsewhere, Per: limits.SignInPerEmail.Per}
	tries := []limit.Try{
		{What: "sign-in address", Who: network, Rule: limit.Rule(limits.SignInPerAddress)},
		{What: "sign-in email", Who: email + " " + network, Rule: limit.Rule(limits.SignInPerEmail)},
		{What: "sign-in anywhere", Who: email, Rule: anywhere},
	}
	ctx := c.UserContext()
	return func() error { return k.limiter.Forgive(ctx, tries...) }, k.limiter.Allow(ctx, tries...)
}

// mailbox is what was typed in the form by which it is the same mailbox: a blank, or
// another spelling of the domain, would else count as somebody else's.
func mailbox(typed string) string {
	if email, ok := person.ParseEmail(typed); ok {
		return email.Key
	}
	return strings.TrimSpace(typed)
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
