package kit

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// ClientAddress returns the network address of the visitor. Behind trusted
// proxies it is the right-most entry of X-Forwarded-For that is not one of
// them: what stands further left was written by the visitor. (Fiber's c.IP
// takes the left-most one.)
func ClientAddress(c *fiber.Ctx) netip.Addr {
	return of(c).kit.clientAddress(c)
}

func (k *Kit) clientAddress(c *fiber.Ctx) netip.Addr {
	addr, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	addr = addr.Unmap()
	hops := forwardedFor(c)
	for i := len(hops) - 1; i >= 0 && k.trusted(addr); i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break // not written by one of our proxies; the last sane hop it is
		}
		addr = hop
	}
	return addr
}

func (k *Kit) trusted(addr netip.Addr) bool {
	for _, p := range k.config.Proxy.Trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// forwardedFor returns the entries of all X-Forwarded-For headers, in order.
func forwardedFor(c *fiber.Ctx) []string {
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	return hops
}

// parseHop reads an address, with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func proxyStrings(prefixes []netip.Prefix) []string {
	var all []string
	for _, p := range prefixes {
		all = append(all, p.String())
	}
	return all
}
