package config

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Rate is a number of times in a period, written as in 10/15m.
type Rate struct {
	Count int
	Per   time.Duration
}

// String returns the rate as it is written in the configuration.
func (r Rate) String() string { return strconv.Itoa(r.Count) + "/" + showDuration(r.Per) }

// Size is a number of bytes, written as in 4MiB.
type Size int

// String returns the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units {
		if u.bytes > 1 && s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.Itoa(int(s)) + "B"
}

// units are ordered so that String meets the larger first, and parsing the
// longer name before the one that ends it.
var units = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

// value is one field of a Config, written and read as text. After a fault
// the field is as it was. Neither a fault nor show holds a secret.
type value interface {
	set(text string) *fault
	show() string
}

// field makes a value of a typed field.
type field[T any] struct {
	to     *T
	parse  func(text string) (T, *fault)
	format func(T) string
}

func (f field[T]) set(text string) *fault {
	v, err := f.parse(text)
	if err == nil {
		*f.to = v
	}
	return err
}

func (f field[T]) show() string { return f.format(*f.to) }

// text is a field of free text that passes the check.
func text[T ~string](to *T, check func(string) *fault) value {
	return field[T]{to, checked[T](check), func(v T) string { return string(v) }}
}

// hidden is a text that is shown only as its length.
func hidden(to *Secret, check func(string) *fault) value {
	return field[Secret]{to, checked[Secret](check), Secret.describe}
}

func database(to *DatabaseURL) value {
	return field[DatabaseURL]{to, checked[DatabaseURL](checkDatabase), DatabaseURL.String}
}

// checked makes a parse function of a check.
func checked[T ~string](check func(string) *fault) func(string) (T, *fault) {
	return func(s string) (T, *fault) { return T(s), check(s) }
}

// oneOf is a field that takes one of a few words.
func oneOf[T ~string](to *T, choices ...T) value {
	return text(to, func(s string) *fault {
		if slices.Contains(choices, T(s)) {
			return nil
		}
		return faultf(chooseFix(s, choices), "is %q", s)
	})
}

func chooseFix[T ~string](got string, choices []T) string {
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = string(c)
	}
	if near := nearest(got, words); near != "" && got != "" {
		return "did you mean " + near + "?"
	}
	return "write one of " + strings.Join(words, ", ")
}

func number(to *int, least, most int) value {
	return field[int]{to, func(s string) (int, *fault) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, faultf(fmt.Sprintf("write a whole number from %d to %d", least, most), "is %q", s)
		}
		return n, nil
	}, strconv.Itoa}
}

func yesNo(to *bool) value {
	return field[bool]{to, func(s string) (bool, *fault) {
		switch s {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return false, faultf("write true or false", "is %q", s)
	}, strconv.FormatBool}
}

func duration(to *time.Duration, least, most time.Duration) value {
	return field[time.Duration]{to, func(s string) (time.Duration, *fault) {
		return parseDuration(s, least, most)
	}, showDuration}
}

func parseDuration(s string, least, most time.Duration) (time.Duration, *fault) {
	if _, err := strconv.Atoi(s); err == nil {
		return 0, faultf(fmt.Sprintf("add one, as in %ss or %sm", s, s), "is %q, without a unit", s)
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, faultf("write a duration such as 500ms, 30s, 5m or 12h", "is %q", s)
	}
	if d < least || d > most {
		return 0, faultf(fmt.Sprintf("write a duration from %s to %s", showDuration(least), showDuration(most)), "is %q", s)
	}
	return d, nil
}

// showDuration drops the zeros that time.Duration adds: 15m, not 15m0s.
func showDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func rate(to *Rate) value {
	return field[Rate]{to, parseRate, Rate.String}
}

func parseRate(s string) (Rate, *fault) {
	const fix = "write a number and a duration, as in 10/15m"
	count, per, ok := strings.Cut(s, "/")
	if !ok {
		return Rate{}, faultf(fix, "is %q", s)
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 {
		return Rate{}, faultf(fix, "is %q, whose number is not 1 or more", s)
	}
	d, bad := parseDuration(strings.TrimSpace(per), time.Second, 24*time.Hour)
	if bad != nil {
		return Rate{}, faultf(fix+", from 1s to 24h", "is %q, whose duration is not right", s)
	}
	return Rate{Count: n, Per: d}, nil
}

func size(to *Size, least, most Size) value {
	return field[Size]{to, func(s string) (Size, *fault) {
		n, ok := parseSize(s)
		if !ok || n < int64(least) || n > int64(most) {
			return 0, faultf(fmt.Sprintf("write a size from %s to %s, as in 512KiB or 4MiB", least, most), "is %q", s)
		}
		return Size(n), nil
	}, Size.String}
}

func parseSize(s string) (bytes int64, ok bool) {
	bytes = 1
	for _, u := range units {
		// In capitals or not: nobody means millibits by mb.
		if cut := len(s) - len(u.name); cut > 0 && strings.EqualFold(s[cut:], u.name) {
			s, bytes = strings.TrimSpace(s[:cut]), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/bytes {
		return 0, false
	}
	return n * bytes, true
}

func level(to *slog.Level) value {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	return field[slog.Level]{to, func(s string) (slog.Level, *fault) {
		if l, ok := levels[s]; ok {
			return l, nil
		}
		return 0, faultf(chooseFix(s, []string{"debug", "info", "warn", "error"}), "is %q", s)
	}, func(l slog.Level) string { return strings.ToLower(l.String()) }}
}

// mailbox is an optional e-mail address with an optional name.
func mailbox(to *mail.Address) value {
	return field[mail.Address]{to, parseMailbox, showMailbox}
}

func parseMailbox(s string) (mail.Address, *fault) {
	if s == "" {
		return mail.Address{}, nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return mail.Address{}, faultf("write a name and an address, as in Conference desk <desk@example.org>; "+
			"put a name with dots or commas in double quotes", "is %q, which is not one e-mail address", s)
	}
	return *a, nil
}

// showMailbox writes a name in other scripts as it is, where
// mail.Address.String would encode it for a letter's header.
func showMailbox(a mail.Address) string {
	switch {
	case a.Address == "":
		return ""
	case a.Name == "":
		return a.Address
	}
	return fmt.Sprintf("%q <%s>", a.Name, a.Address)
}

func prefixes(to *[]netip.Prefix) value {
	return field[[]netip.Prefix]{to, func(s string) ([]netip.Prefix, *fault) {
		return parseList(s, parsePrefix)
	}, func(all []netip.Prefix) string {
		parts := make([]string, len(all))
		for i, p := range all {
			parts[i] = showPrefix(p)
		}
		return strings.Join(parts, ", ")
	}}
}

// parseList parses what stands between commas, and ignores empty parts.
func parseList[T any](s string, parse func(string) (T, *fault)) ([]T, *fault) {
	var all []T
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		v, err := parse(part)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func parsePrefix(s string) (netip.Prefix, *fault) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, faultf("write IP addresses or networks, as in 10.0.0.1 or 10.0.0.0/8 (a name does not do)", "has %q in it", s)
	}
	if p != p.Masked() {
		return p, faultf("did you mean "+p.Masked().String()+"?", "has %q in it, which is an address within a network", s)
	}
	return p, nil
}

func showPrefix(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func languages(to *[]string) value {
	return field[[]string]{to, parseLanguages, func(all []string) string { return strings.Join(all, ", ") }}
}

func parseLanguages(s string) ([]string, *fault) {
	all, err := parseList(s, parseLanguage)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, faultf("name at least one, as in [en, fr]", "is empty")
	}
	for i, tag := range all {
		if slices.Contains(all[:i], tag) {
			return nil, faultf("name it once", "has %s in it twice", tag)
		}
	}
	return all, nil
}

func parseLanguage(s string) (string, *fault) {
	tag, err := language.Parse(s)
	if err != nil || tag == language.Und {
		return "", faultf("write language tags, as in en, fr or pt-BR", "has %q in it", s)
	}
	return tag.String(), nil
}

func anything(string) *fault { return nil }

func notEmpty(s string) *fault {
	if strings.TrimSpace(s) == "" {
		return faultf("write a text, or leave the setting out", "is empty")
	}
	return nil
}

// shortestSecret is 32 characters: in base64, the 192 bits that a signing key
// for links that live for months deserves.
const shortestSecret = 32

func checkSecret(s string) *fault {
	if n := utf8.RuneCountInString(s); s != "" && n < shortestSecret {
		return faultf("make one with: openssl rand -base64 33",
			"has %d characters, and needs at least %d", n, shortestSecret)
	}
	return nil
}

func checkDatabase(s string) *fault {
	const fix = "write file:PATH, mongodb://HOST/NAME or mongodb+srv://HOST/NAME"
	scheme, rest, _ := strings.Cut(s, ":")
	switch scheme {
	case "file":
		if path, _, _ := strings.Cut(rest, "?"); strings.Trim(path, "/") == "" {
			return faultf("add one, as in file:convene.db", "is %q, without a path", s)
		}
		return nil
	case "mongodb", "mongodb+srv":
		return checkMongo(s)
	}
	if !strings.ContainsAny(s, ":@") && s != "" {
		return faultf("did you mean file:"+s+"?", "is %q, without file: or mongodb: before it", s)
	}
	return faultf(fix, "is %q", maskURL(s))
}

// checkMongo looks at the outline only, since the driver knows the rest: a
// MongoDB URL may name several hosts, which net/url cannot parse.
func checkMongo(s string) *fault {
	_, rest, ok := strings.Cut(s, "://")
	rest, _, _ = strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "/")
	if !ok || hosts == "" {
		return faultf("write it as in mongodb://HOST:27017/NAME, with special characters in the password percent-encoded",
			"is %q, without a host", maskURL(s))
	}
	return nil
}

func checkAddr(s string) *fault {
	_, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || strconv.FormatUint(n, 10) != port {
		return faultf("write HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080, or :8080 for every interface", "is %q", s)
	}
	return nil
}

func checkBaseURL(s string) *fault {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return faultf("write it as in https://conference.example.org", "is %q, which is not an http or https URL", maskURL(s))
	}
	origin := u.Scheme + "://" + u.Host
	if s != origin {
		// A path cannot be honoured: pages, cookies and the QR codes on badges
		// start at the root of the host.
		return faultf("write only scheme and host: "+origin, "is %q, which has more than scheme and host", maskURL(s))
	}
	return nil
}

func checkBareAddress(s string) *fault {
	if s == "" {
		return nil
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return faultf("write the address alone, as in bounces@example.org", "is %q, which is not one e-mail address", s)
	}
	return nil
}

func checkMailHost(s string) *fault {
	if net.ParseIP(s) == nil && strings.ContainsAny(s, ":/@ ") {
		return faultf("write the bare host name, as in mail.example.org; the port goes into smtp.port", "is %q", maskURL(s))
	}
	return nil
}
