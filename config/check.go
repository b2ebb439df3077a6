package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// deriveBaseURL fills a base_url that is not given from addr.
func (c *Config) deriveBaseURL() {
	if c.BaseURL != "" {
		return
	}
	delete(c.sources, "base_url") // given, but as nothing
	host, port, _ := net.SplitHostPort(c.Addr)
	if everyInterface(host) {
		host = "localhost"
	}
	c.BaseURL = "http://" + net.JoinHostPort(host, port)
}

func everyInterface(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// given reports whether a layer above the defaults set the option.
func (c *Config) given(key string) bool { return c.sources[key] != "" }

// where is the place of a setting, for a Problem.
func (c *Config) where(key string) string {
	if c.given(key) {
		return c.sources[key]
	}
	return key
}

// checkTogether finds values that are right alone and wrong together.
func (c *Config) checkTogether() []Problem {
	var all []Problem
	if c.SMTP.Username != "" && c.SMTP.Password == "" {
		all = append(all, Problem{c.where("smtp.username"), "smtp.username is set without smtp.password", howToSet("smtp.password")})
	}
	if c.SMTP.Username == "" && c.SMTP.Password != "" {
		all = append(all, Problem{c.where("smtp.password"), "smtp.password is set without smtp.username", howToSet("smtp.username")})
	}
	if c.HTTP.RequestTimeout >= c.HTTP.WriteTimeout {
		key := "http.request_timeout"
		if !c.given(key) {
			key = "http.write_timeout"
		}
		all = append(all, Problem{c.where(key), "http.request_timeout (" + showDuration(c.HTTP.RequestTimeout) +
			") is not shorter than http.write_timeout (" + showDuration(c.HTTP.WriteTimeout) + ")",
			"shorten the one or lengthen the other, or a late answer cannot be sent"})
	}
	return all
}

// howToSet says where an option can be given.
func howToSet(key string) string {
	o := find(key)
	if o.Secret {
		return "set " + key + ", best by a file named in " + o.Env + "_FILE"
	}
	return "set " + key + ", or the variable " + o.Env
}

// CheckServe reports what is missing for serving real people, beyond what
// Load checks; a demonstration does without. The error is an *Error.
func (c Config) CheckServe() error {
	var all []Problem
	if c.Secret == "" {
		all = append(all, Problem{"secret", "secret is not set, and links and badges could not be signed",
			"make one with `openssl rand -base64 33`, and " + howToSet("secret")})
	}
	if c.SMTP.Host == "" {
		all = append(all, Problem{"smtp.host", "smtp.host is not set, and no letter could be sent", howToSet("smtp.host")})
	}
	if c.SMTP.From.Address == "" {
		all = append(all, Problem{"smtp.from", "smtp.from is not set, and letters would have no sender", howToSet("smtp.from")})
	}
	if host, _, _ := net.SplitHostPort(c.Addr); !c.given("base_url") && !loopback(host) {
		all = append(all, Problem{"base_url", "base_url is not set, and links in letters would begin with " + c.BaseURL, howToSet("base_url")})
	}
	return asError(all)
}

// Warnings says what works and is probably not wanted when serving, for the
// log at start. It repeats nothing that CheckServe reports.
func (c Config) Warnings() []Problem {
	var all []Problem
	warn := func(key, what, fix string) { all = append(all, Problem{c.where(key), what, fix}) }
	if u, err := url.Parse(c.BaseURL); err == nil && u.Scheme == "http" && c.given("base_url") && !loopback(u.Hostname()) {
		warn("base_url", "base_url is not https: personal details would cross the network in the clear",
			"put a proxy with TLS in front, and write https://"+u.Host)
	}
	for _, p := range c.Proxy.Trusted {
		if p.Bits() == 0 {
			warn("proxy.trusted", "proxy.trusted believes everyone: visitors can choose the address they appear under",
				"name the proxy's own address or network")
		}
	}
	switch {
	case c.SMTP.Host == "":
	case c.SMTP.TLS == TLSNone && !near(c.SMTP.Host):
		warn("smtp.tls", "smtp.tls is none: letters would cross the network in the clear", "write starttls or implicit")
	case c.SMTP.TLS == TLSStart && c.SMTP.Port == 465:
		warn("smtp.port", "smtp.port is 465, where mail servers expect smtp.tls implicit", "write smtp.tls: implicit, or smtp.port: 587")
	case c.SMTP.TLS == TLSImplicit && c.SMTP.Port == 587:
		warn("smtp.port", "smtp.port is 587, where mail servers expect smtp.tls starttls", "write smtp.tls: starttls, or smtp.port: 465")
	}
	return all
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// near reports whether a host is this machine or on its private network: a
// private address, or a name without a dot, such as a container's.
func near(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return loopback(host) || !strings.Contains(host, ".")
}
