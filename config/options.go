package config

import (
	"slices"
	"strings"
	"time"
)

// Option describes one setting, for documentation.
type Option struct {
	Key     string // dotted, as in smtp.port
	Env     string // the variable; Env+"_FILE" names a file that holds the value
	Type    string // what values look like, in a few words
	Default string // as it would be written; empty for none
	Secret  bool   // never shown
	Doc     string // what it is for, in sentences
}

// Options returns every setting in the order of the documentation. The
// caller owns the slice.
func Options() []Option {
	all := make([]Option, len(table))
	for i, o := range table {
		all[i] = o.Option
	}
	return all
}

// option joins a setting's description to its field.
type option struct {
	Option
	value func(*Config) value
}

const (
	typeText     = "text"
	typeNumber   = "number"
	typeBool     = "true or false"
	typeDuration = "duration, as in 30s or 5m"
	typeRate     = "number/duration, as in 10/15m"
	typeSize     = "size, as in 512KiB or 4MiB"
	typeList     = "list"
	typeMailbox  = "e-mail address with name"
)

const (
	manyTimes = 1_000_000
	day       = 24 * time.Hour
)

// table is the one list of settings. Everything else follows from it.
var table = withEnv([]option{
	{Option{Key: "database", Type: "file:PATH or MongoDB URL", Default: "file:convene.db",
		Doc: "Where the data is kept: file:PATH for the embedded SQLite file, or mongodb://… or mongodb+srv://… " +
			"for a MongoDB replica set (one node is enough), which several instances can share. " +
			"Users and passwords in the URL are never shown."},
		func(c *Config) value { return database(&c.Database) }},
	{Option{Key: "addr", Type: "HOST:PORT", Default: "127.0.0.1:8080",
		Doc: "The address to listen on. The default answers this machine only, for a proxy beside it that " +
			"speaks TLS; :8080 answers on every interface."},
		func(c *Config) value { return text(&c.Addr, checkAddr) }},
	{Option{Key: "base_url", Type: "URL",
		Doc: "The URL that people reach the pages at, https or http, without a path or a slash at the end, " +
			"as in https://conference.example.org. Links in letters and codes on badges begin with it. " +
			"When empty it is http:// and addr, which does for trying out."},
		func(c *Config) value { return text(&c.BaseURL, checkBaseURL) }},
	{Option{Key: "secret", Type: "text of 32 characters or more", Secret: true,
		Doc: "The key that signs links and badges, the same on every instance. Serving needs it. Make one with " +
			"`openssl rand -base64 33` and keep it: with a new one, links already sent and badges already " +
			"printed are no longer valid. Better given in a file named by CONVENE_SECRET_FILE than here."},
		func(c *Config) value { return hidden(&c.Secret, checkSecret) }},
	{Option{Key: "languages", Type: typeList, Default: "en, fr, es",
		Doc: "The languages that pages and letters are offered in, as BCP 47 tags. The first is used when " +
			"a person's own is not among them."},
		func(c *Config) value { return languages(&c.Languages) }},
	{Option{Key: "shutdown_timeout", Type: typeDuration, Default: "20s",
		Doc: "How long a stopping instance waits for requests and jobs under way before it leaves them."},
		func(c *Config) value { return duration(&c.ShutdownTimeout, time.Second, time.Hour) }},

	{Option{Key: "network.name", Type: typeText, Default: "UNESCO Global Network of Learning Cities",
		Doc: "The network's full name, as pages and letters give it."},
		func(c *Config) value { return text(&c.Network.Name, notEmpty) }},
	{Option{Key: "network.short", Type: typeText, Default: "GNLC",
		Doc: "The network's short name, for narrow places."},
		func(c *Config) value { return text(&c.Network.Short, notEmpty) }},

	{Option{Key: "proxy.trusted", Type: typeList,
		Doc: "IP addresses and networks of the proxies in front, as in [127.0.0.1, 10.0.0.0/8]. Only their " +
			"X-Forwarded-For and X-Forwarded-Proto are believed. Without an entry, all visitors behind a proxy " +
			"count as one address in the limits below."},
		func(c *Config) value { return prefixes(&c.Proxy.Trusted) }},

	{Option{Key: "log.level", Type: "debug, info, warn or error", Default: "info",
		Doc: "The least important thing that is still logged."},
		func(c *Config) value { return level(&c.Log.Level) }},
	{Option{Key: "log.format", Type: "text or json", Default: "json",
		Doc: "The form of a line: text for people, json for collectors of logs."},
		func(c *Config) value { return oneOf(&c.Log.Format, LogText, LogJSON) }},

	{Option{Key: "smtp.host", Type: "host name",
		Doc: "The mail server that letters are handed to. Serving needs it. While it is empty letters wait in the outbox."},
		func(c *Config) value { return text(&c.SMTP.Host, checkMailHost) }},
	{Option{Key: "smtp.port", Type: typeNumber, Default: "587",
		Doc: "The mail server's port: by custom 587 with starttls, 465 with implicit."},
		func(c *Config) value { return number(&c.SMTP.Port, 1, 65535) }},
	{Option{Key: "smtp.username", Type: typeText,
		Doc: "The name to sign in to the mail server with. Empty means not to sign in."},
		func(c *Config) value { return text(&c.SMTP.Username, anything) }},
	{Option{Key: "smtp.password", Type: typeText, Secret: true,
		Doc: "The password that goes with smtp.username. Better given in a file named by CONVENE_SMTP_PASSWORD_FILE than here."},
		func(c *Config) value { return hidden(&c.SMTP.Password, anything) }},
	{Option{Key: "smtp.tls", Type: "starttls, implicit or none", Default: "starttls",
		Doc: "How the connection is protected: starttls insists on TLS after a greeting in the clear, implicit " +
			"is TLS from the first byte. none is only for a mail catcher or relay on the same machine or " +
			"private network: letters hold personal details and sign-in links."},
		func(c *Config) value { return oneOf(&c.SMTP.TLS, TLSStart, TLSImplicit, TLSNone) }},
	{Option{Key: "smtp.from", Type: typeMailbox,
		Doc: "The sender of all letters, as in Conference desk <desk@example.org>. Serving needs it."},
		func(c *Config) value { return mailbox(&c.SMTP.From) }},
	{Option{Key: "smtp.reply_to", Type: typeMailbox,
		Doc: "Where answers to letters go, if not to smtp.from."},
		func(c *Config) value { return mailbox(&c.SMTP.ReplyTo) }},

	{Option{Key: "mail.rate_per_minute", Type: typeNumber, Default: "600",
		Doc: "The most letters handed over in a minute. Keep below what the mail server allows."},
		func(c *Config) value { return number(&c.Mail.RatePerMinute, 1, manyTimes) }},
	{Option{Key: "mail.rate_per_domain", Type: typeNumber, Default: "0",
		Doc: "The most letters handed over in a minute for addresses of one domain. Letters beyond it go out later, " +
			"in their order; others do not wait for them. 0 means no limit of its own."},
		func(c *Config) value { return number(&c.Mail.RatePerDomain, 0, manyTimes) }},
	{Option{Key: "mail.connections", Type: typeNumber, Default: "4",
		Doc: "The most connections open to the mail server at once."},
		func(c *Config) value { return number(&c.Mail.Connections, 1, 100) }},
	{Option{Key: "mail.attempts", Type: typeNumber, Default: "12",
		Doc: "How often a letter is tried, with growing pauses, before it is given up and shown at the desk."},
		func(c *Config) value { return number(&c.Mail.Attempts, 1, 100) }},
	{Option{Key: "mail.every", Type: typeDuration, Default: "5s",
		Doc: "How often the outbox is looked through for letters that are due."},
		func(c *Config) value { return duration(&c.Mail.Every, time.Second, time.Hour) }},
	{Option{Key: "mail.attachments", Type: typeSize, Default: "1MiB",
		Doc: "How large the files attached to one letter may be together. Larger ones are linked instead."},
		func(c *Config) value { return size(&c.Mail.Attachments, 0, 25<<20) }},
	{Option{Key: "mail.bounce_address", Type: "e-mail address",
		Doc: "Where mail servers report letters that could not be delivered, as in bounces@example.org: the sender of " +
			"the envelope. When empty they report to smtp.from."},
		func(c *Config) value { return text(&c.Mail.BounceAddress, checkBareAddress) }},
	{Option{Key: "mail.bounces_mbox", Type: "path",
		Doc: "A mailbox file in the mbox format that such reports are read from, as in /var/mail/bounces. It is never " +
			"changed. Each instance that runs jobs needs it. When empty none is read."},
		func(c *Config) value { return text(&c.Mail.BouncesMbox, anything) }},
	{Option{Key: "mail.bounces_token", Type: "text of 32 characters or more", Secret: true,
		Doc: "The password with which a mail server may post such reports to /hooks/bounces. Make one with " +
			"`openssl rand -base64 33`. Better given in a file named by CONVENE_MAIL_BOUNCES_TOKEN_FILE than here. " +
			"When empty nobody may."},
		func(c *Config) value { return hidden(&c.Mail.BouncesToken, checkSecret) }},

	{Option{Key: "session.lifetime", Type: typeDuration, Default: "12h",
		Doc: "How long a person stays signed in."},
		func(c *Config) value { return duration(&c.Session.Lifetime, time.Minute, 365*day) }},
	{Option{Key: "session.focal_lifetime", Type: typeDuration, Default: "24h",
		Doc: "How long the focal point of a member city stays signed in. They sign in by a link in a letter."},
		func(c *Config) value { return duration(&c.Session.FocalLifetime, time.Minute, 365*day) }},
	{Option{Key: "session.focal_link", Type: typeDuration, Default: "30m",
		Doc: "How long that link is valid. It works once."},
		func(c *Config) value { return duration(&c.Session.FocalLink, time.Minute, 7*day) }},

	{Option{Key: "limits.sign_in_per_address", Type: typeRate, Default: "60/15m",
		Doc: "Attempts to sign in from one network address. A conference venue is often one address for everyone in it."},
		func(c *Config) value { return rate(&c.Limits.SignInPerAddress) }},
	{Option{Key: "limits.sign_in_per_email", Type: typeRate, Default: "10/15m",
		Doc: "Attempts to sign in with one e-mail address."},
		func(c *Config) value { return rate(&c.Limits.SignInPerEmail) }},
	{Option{Key: "limits.register_per_address", Type: typeRate, Default: "120/1h",
		Doc: "Registrations from one network address. An office that registers its delegation needs room."},
		func(c *Config) value { return rate(&c.Limits.RegisterPerAddress) }},
	{Option{Key: "limits.register_per_email", Type: typeRate, Default: "10/1h",
		Doc: "Registrations with one e-mail address."},
		func(c *Config) value { return rate(&c.Limits.RegisterPerEmail) }},
	{Option{Key: "limits.draft_per_address", Type: typeRate, Default: "3000/1h",
		Doc: "Forms kept for later from one network address. A page keeps its form by itself every few seconds while somebody types."},
		func(c *Config) value { return rate(&c.Limits.DraftPerAddress) }},
	{Option{Key: "limits.code_per_address", Type: typeRate, Default: "30/15m",
		Doc: "Wrong invitation codes from one network address. Right ones do not count."},
		func(c *Config) value { return rate(&c.Limits.CodePerAddress) }},
	{Option{Key: "limits.link_per_address", Type: typeRate, Default: "60/15m",
		Doc: "Links by e-mail asked for from one network address."},
		func(c *Config) value { return rate(&c.Limits.LinkPerAddress) }},
	{Option{Key: "limits.link_per_email", Type: typeRate, Default: "5/15m",
		Doc: "Links by e-mail asked for with one e-mail address. Each is a letter to that person."},
		func(c *Config) value { return rate(&c.Limits.LinkPerEmail) }},
	{Option{Key: "limits.check_per_address", Type: typeRate, Default: "30/1h",
		Doc: "Numbers of letters that there are not, and names that are not on them, tried from one network address. Those that are right do not count."},
		func(c *Config) value { return rate(&c.Limits.CheckPerAddress) }},

	{Option{Key: "http.body_limit", Type: typeSize, Default: "16MiB",
		Doc: "The largest request that is accepted, uploads of portraits and lists included."},
		func(c *Config) value { return size(&c.HTTP.BodyLimit, 64<<10, 1<<30) }},
	{Option{Key: "http.read_timeout", Type: typeDuration, Default: "15s",
		Doc: "The longest that the head of a request may take to arrive, and an idle connection is kept."},
		func(c *Config) value { return duration(&c.HTTP.ReadTimeout, time.Second, time.Hour) }},
	{Option{Key: "http.upload_timeout", Type: typeDuration, Default: "1m",
		Doc: "The longest that what a request sends may take to arrive: a file that a telephone sends over a poor network takes a while."},
		func(c *Config) value { return duration(&c.HTTP.UploadTimeout, time.Second, time.Hour) }},
	{Option{Key: "http.write_timeout", Type: typeDuration, Default: "1m",
		Doc: "The longest that an answer may take to leave. Must be longer than http.request_timeout."},
		func(c *Config) value { return duration(&c.HTTP.WriteTimeout, time.Second, time.Hour) }},
	{Option{Key: "http.request_timeout", Type: typeDuration, Default: "20s",
		Doc: "The longest that a request may be worked on before the person is told to try again."},
		func(c *Config) value { return duration(&c.HTTP.RequestTimeout, time.Second, time.Hour) }},

	{Option{Key: "jobs.enabled", Type: typeBool, Default: "true",
		Doc: "Whether this instance runs jobs and delivers letters. One instance at least must."},
		func(c *Config) value { return yesNo(&c.Jobs.Enabled) }},
	{Option{Key: "jobs.lease", Type: typeDuration, Default: "30s",
		Doc: "How long a job stays with an instance that no longer answers before another may take it."},
		func(c *Config) value { return duration(&c.Jobs.Lease, time.Second, time.Hour) }},
})

// sections explains the sections of the documented file.
var sections = map[string]string{
	"network": "The network of cities.",
	"proxy":   "Proxies in front of convene.",
	"log":     "The log, on standard error.",
	"smtp":    "The mail server.",
	"mail":    "The pace at which letters leave, and how those that come back are noticed.",
	"session": "People who have signed in.",
	"limits":  "How often things may be tried. What goes beyond is refused, with the time to wait.",
	"http":    "What one request may take.",
	"jobs":    "Work done by the clock.",
}

const envPrefix = "CONVENE_"

// withEnv names each option's variable after its key.
func withEnv(options []option) []option {
	for i := range options {
		options[i].Env = envPrefix + strings.ToUpper(strings.ReplaceAll(options[i].Key, ".", "_"))
	}
	return options
}

// find returns the option with a key, or nil.
func find(key string) *option {
	return findBy(func(o option) bool { return o.Key == key })
}

func findBy(match func(option) bool) *option {
	if i := slices.IndexFunc(table, match); i >= 0 {
		return &table[i]
	}
	return nil
}

// inSection returns the names within a section, in order; none when there is
// no such section.
func inSection(section string) []string {
	var names []string
	for _, o := range table {
		if name, ok := strings.CutPrefix(o.Key, section+"."); ok {
			names = append(names, name)
		}
	}
	return names
}

// unknownKeyFix says what a person may have meant by a key: one spelt much
// like it, or one with the same name in a section.
func unknownKeyFix(key string) string {
	var keys []string
	for _, o := range table {
		keys = append(keys, o.Key)
	}
	for section := range sections {
		keys = append(keys, section)
	}
	slices.Sort(keys) // so that the answer is always the same
	if near := nearest(key, keys); near != "" {
		return "did you mean " + near + "?"
	}
	name := key[strings.LastIndex(key, ".")+1:]
	for _, k := range keys {
		if strings.HasSuffix(k, "."+name) {
			return "did you mean " + k + "?"
		}
	}
	if section, _, ok := strings.Cut(key, "."); ok && sections[section] != "" {
		return section + " knows " + strings.Join(inSection(section), ", ")
	}
	return "remove it; `convene config` lists all settings"
}
