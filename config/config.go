// Package config loads and checks the settings of convene.
//
// Settings come in four layers, each overriding the one before: built-in
// defaults, a YAML file, environment variables named CONVENE_…, and flags.
// One table (options.go) names every setting with its default, its type and
// its explanation; the variables' names, the checks, and the documented file
// convene.yaml all follow from it. Everything that is wrong, in whichever
// layer, is reported at once as an *Error.
package config

import (
	"log/slog"
	"net/mail"
	"net/netip"
	"time"
)

// Config is the complete, checked configuration of one instance. It is safe
// to print and to log: secrets are of types that never show themselves.
// The zero Config is not usable; start from Default or Load.
type Config struct {
	Database        DatabaseURL
	Addr            string // host:port to listen on; the host may be empty
	BaseURL         string // scheme and host, without a trailing slash
	Secret          Secret // empty outside serve
	Network         Network
	Languages       []string // canonical BCP 47 tags, at least one; the first is the default
	Proxy           Proxy
	Log             Log
	SMTP            SMTP
	Mail            Mail
	Session         Session
	Limits          Limits
	HTTP            HTTP
	Jobs            Jobs
	ShutdownTimeout time.Duration

	// sources says by key where each value that is not a default came from.
	// It holds no values, because fmt prints unexported fields as they are.
	sources map[string]string
}

// Network names the network of cities that this installation serves.
type Network struct {
	Name  string
	Short string
}

// Proxy says which peers may speak for a visitor's address and scheme.
type Proxy struct {
	Trusted []netip.Prefix // a single address is a prefix of full length
}

// Log says what is logged, and how.
type Log struct {
	Level  slog.Level
	Format LogFormat
}

// LogFormat is the form of a line in the log.
type LogFormat string

// The forms of a line in the log.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// SMTP is the mail server that letters are handed to.
type SMTP struct {
	Host     string // empty: letters wait in the outbox
	Port     int
	Username string // empty: no authentication
	Password Secret
	TLS      SMTPTLS
	From     mail.Address // the zero Address when not set
	ReplyTo  mail.Address // the zero Address when not set
}

// SMTPTLS is how the connection to the mail server is protected.
type SMTPTLS string

// The ways of protecting a connection to the mail server.
const (
	TLSStart    SMTPTLS = "starttls" // begin in the clear, insist on TLS
	TLSImplicit SMTPTLS = "implicit" // TLS from the first byte
	TLSNone     SMTPTLS = "none"     // for a mail catcher only
)

// Mail is the pace at which letters leave the outbox, and how those that come
// back are noticed.
type Mail struct {
	RatePerMinute int
	RatePerDomain int // 0: no limit
	Connections   int
	Attempts      int
	Every         time.Duration
	Attachments   Size   // of the files attached to one letter, together
	BounceAddress string // empty: servers report to SMTP.From
	BouncesMbox   string // a file; empty: none is read
	BouncesToken  Secret // empty: the hook is closed
}

// Session is about people who have signed in.
type Session struct {
	Lifetime      time.Duration
	FocalLifetime time.Duration // of the focal points of cities
	FocalLink     time.Duration // how long the link is valid by which they sign in
}

// Limits are the numbers of attempts allowed, by network address and by
// e-mail address.
type Limits struct {
	SignInPerAddress   Rate
	SignInPerEmail     Rate
	RegisterPerAddress Rate
	RegisterPerEmail   Rate
	DraftPerAddress    Rate
	CodePerAddress     Rate
	LinkPerAddress     Rate
	LinkPerEmail       Rate
	CheckPerAddress    Rate
}

// HTTP bounds what one request may take.
type HTTP struct {
	BodyLimit      Size
	ReadTimeout    time.Duration
	UploadTimeout  time.Duration
	WriteTimeout   time.Duration
	RequestTimeout time.Duration
}

// Jobs is about work done by the clock.
type Jobs struct {
	Enabled bool
	Lease   time.Duration
}

// LoadOptions says where Load finds the layers above the defaults.
type LoadOptions struct {
	// File is the path of the YAML file, which must then exist. When empty,
	// ./convene.yaml or else ./config/convene.yaml is read if there is one.
	File string
	// Environ is the environment in the form of os.Environ; nil means none.
	Environ []string
	// Flags are values by dotted key, such as "smtp.port"; they win.
	Flags map[string]string
}

// Default returns the built-in defaults, valid but for what serve needs
// (see CheckServe).
func Default() Config {
	c := Config{sources: map[string]string{}}
	for _, o := range table {
		if err := o.value(&c).set(o.Default); err != nil {
			panic("config: default of " + o.Key + ": " + err.Error())
		}
	}
	c.deriveBaseURL()
	return c
}

// Load reads all layers and checks every value. On failure the error is an
// *Error holding every problem found, and the Config is the zero Config.
func Load(from LoadOptions) (Config, error) {
	l := loader{config: Default()}
	l.config.BaseURL = "" // derived again below, from the final addr
	l.loadFile(from.File)
	l.loadEnviron(from.Environ)
	l.loadFlags(from.Flags)
	l.config.deriveBaseURL()
	l.problems = append(l.problems, l.config.checkTogether()...)
	if err := asError(l.problems); err != nil {
		return Config{}, err
	}
	return l.config, nil
}

// loader applies the layers to a Config, in order, and collects the problems.
// A value that is wrong is reported even where a later layer overrides it:
// it would come into force the day that layer goes.
type loader struct {
	config   Config
	problems []Problem
}

func (l *loader) report(where, what, fix string) {
	l.problems = append(l.problems, Problem{Where: where, What: what, Fix: fix})
}

// set gives an option its value, as found at the place described by source.
func (l *loader) set(o *option, text, source string) {
	if err := o.value(&l.config).set(text); err != nil {
		l.report(source, o.Key+" "+err.what, err.fix)
		return
	}
	l.config.sources[o.Key] = source
}
