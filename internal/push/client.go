package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// NewClient makes a client that reaches public addresses only, on port 443, and
// follows no redirect: an endpoint is what
// a stranger's browser says it is, and must not lead into the operator's network.
func NewClient() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return checkPublic(address)
	}}
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns: 32, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 90 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reserved are networks that are not the public internet although they look like
// it (RFC 6598, 6890, 8215; 6to4 and NAT64 may lead anywhere).
var reserved = func() (list []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

func checkPublic(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	for _, network := range reserved {
		public = public && !network.Contains(ip)
	}
	if !public || at.Port() != 443 {
		return fmt.Errorf("push: %s is no public address of a push service", at)
	}
	return nil
}

// validEndpoint accepts what browsers give: https at a name, short enough to keep.
func validEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.User != nil || len(endpoint) > 2000 || u.Port() != "" && u.Port() != "443" {
		return false
	}
	_, notName := netip.ParseAddr(u.Hostname())
	return notName != nil && strings.Contains(u.Hostname(), ".")
}

// validKeys accepts a point of P-256 and 16 bytes (RFC 8291, 2.1 and 3.2).
func validKeys(key, auth string) bool {
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return false
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return false
	}
	secret, err := base64.RawURLEncoding.DecodeString(auth)
	return err == nil && len(secret) == 16
}
