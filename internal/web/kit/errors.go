package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// failure is how an error is answered: its status, the section "error.<Name>"
// of the messages, and what happened when a problem tells it.
type failure struct {
	Status int
	Name   string
	What   string // a sentence, or empty for the section's own
	Faults []Fault
	Retry  int // seconds; 0: not said
}

// statuses is the only table from kinds of problem to answers.
var statuses = map[problem.Kind]failure{
	problem.Internal:        {Status: fiber.StatusInternalServerError, Name: "internal"},
	problem.Invalid:         {Status: fiber.StatusUnprocessableEntity, Name: "invalid"},
	problem.NotFound:        {Status: fiber.StatusNotFound, Name: "not_found"},
	problem.Unauthenticated: {Status: fiber.StatusUnauthorized, Name: "unauthenticated"},
	problem.Forbidden:       {Status: fiber.StatusForbidden, Name: "forbidden"},
	problem.Conflict:        {Status: fiber.StatusConflict, Name: "conflict"},
	problem.Gone:            {Status: fiber.StatusGone, Name: "gone"},
	problem.TooMany:         {Status: fiber.StatusTooManyRequests, Name: "too_many", Retry: 60},
	problem.Unavailable:     {Status: fiber.StatusServiceUnavailable, Name: "unavailable", Retry: 10},
}

// fiberFailures are the errors of the router and the server.
var fiberFailures = map[int]failure{
	fiber.StatusNotFound:                    statuses[problem.NotFound],
	fiber.StatusMethodNotAllowed:            {Status: fiber.StatusMethodNotAllowed, Name: "method"},
	fiber.StatusRequestTimeout:              {Status: fiber.StatusRequestTimeout, Name: "slow"},
	fiber.StatusRequestEntityTooLarge:       {Status: fiber.StatusRequestEntityTooLarge, Name: "too_large"},
	fiber.StatusUnsupportedMediaType:        {Status: fiber.StatusUnsupportedMediaType, Name: "bad_request"},
	fiber.StatusRequestHeaderFieldsTooLarge: {Status: fiber.StatusRequestHeaderFieldsTooLarge, Name: "headers"},
	fiber.StatusUnauthorized:                statuses[problem.Unauthenticated],
	fiber.StatusForbidden:                   statuses[problem.Forbidden],
	fiber.StatusServiceUnavailable:          statuses[problem.Unavailable],
}

// guard turns an error or a panic of whatever follows into an answer.
func (k *Kit) guard(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			k.log.Error("panic", "request", of(c).id, "route", of(c).route(c), "value", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = k.answer(c, statuses[problem.Internal])
		}
	}()
	if err := c.Next(); err != nil {
		return k.answerError(c, err)
	}
	return nil
}

// answerError is the application's error handler. The log gets the cause,
// people get messages of the catalogue.
func (k *Kit) answerError(c *fiber.Ctx, err error) error {
	if _, ok := c.Locals(requestKey{}).(*request); !ok {
		c.Set(fiber.HeaderXRequestID, k.begin(c).id)
		k.setProtection(c)
	}
	f := k.classify(c, err)
	k.logFailure(c, f, err)
	if errors.Is(err, errForged) {
		f.Name = "forged"
		return k.answerAgain(c, f)
	}
	if f.Status == fiber.StatusUnauthorized && typedAgain(c) != nil {
		return k.answerAgain(c, f)
	}
	return k.answer(c, f)
}

func (k *Kit) classify(c *fiber.Ctx, err error) failure {
	var p *problem.Error
	var fe *fiber.Error
	switch {
	case errors.As(err, &p):
		return problemFailure(Printer(c), p)
	case errors.Is(err, store.ErrNotFound):
		return statuses[problem.NotFound]
	case errors.Is(err, store.ErrBadCursor):
		return failure{Status: fiber.StatusBadRequest, Name: "cursor"}
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return statuses[problem.Unavailable]
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrDuplicate):
		return statuses[problem.Conflict]
	case errors.As(err, &fe):
		return fiberFailure(fe.Code)
	}
	return statuses[problem.Internal]
}

func problemFailure(p *i18n.Printer, err *problem.Error) failure {
	f, ok := statuses[err.Kind]
	if !ok {
		return statuses[problem.Internal]
	}
	if err.Kind == problem.Internal {
		return f // its key is for the log
	}
	f.What = p.T(err.Key, err.Args...)
	f.Faults = faultsOf(p, err)
	if err.Kind == problem.TooMany {
		f.Retry = waitSeconds(err.Args, f.Retry)
	}
	return f
}

func fiberFailure(status int) failure {
	if f, ok := fiberFailures[status]; ok {
		return f
	}
	if status >= 500 {
		return statuses[problem.Internal]
	}
	return failure{Status: fiber.StatusBadRequest, Name: "bad_request"}
}

// waitSeconds reads the argument Minutes of a problem of kind TooMany.
func waitSeconds(args []any, otherwise int) int {
	for i := 0; i+1 < len(args); i += 2 {
		if minutes, ok := args[i+1].(int); ok && args[i] == "Minutes" {
			return minutes * 60
		}
	}
	return otherwise
}

// logFailure keeps what an operator has to look into. Fiber's own errors are
// left out: their text quotes the address, which may hold a token.
func (k *Kit) logFailure(c *fiber.Ctx, f failure, err error) {
	var p *problem.Error
	var fe *fiber.Error
	level := slog.LevelDebug
	switch {
	case f.Status >= 500:
		level = slog.LevelError
	case errors.As(err, &p) && p.Cause != nil:
		level = slog.LevelWarn
	}
	cause := slog.Any("error", err)
	if errors.As(err, &fe) {
		cause = slog.Int("error", fe.Code)
	}
	r := of(c)
	k.log.LogAttrs(c.Context(), level, "request failed",
		slog.String("request", r.id), slog.String("route", r.route(c)), slog.Int("status", f.Status), cause)
}

// answer sends the failure as a page, or as JSON to programs.
func (k *Kit) answer(c *fiber.Ctx, f failure) error {
	c.Response().ResetBody()
	for _, name := range []string{fiber.HeaderContentEncoding, fiber.HeaderContentDisposition, fiber.HeaderETag} {
		c.Response().Header.Del(name) // they belong to what the handler meant to send
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(f.Status)
	if f.Retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(f.Retry))
	}
	if wantsJSON(c) {
		return k.answerJSON(c, f)
	}
	if f.Status == fiber.StatusInternalServerError {
		return k.answerBroken(c)
	}
	if err := k.Views.Render(c, "errors/problem", newErrorPage(c, f)); err != nil {
		k.log.Error("the error page is broken", "request", of(c).id, "error", err)
		return k.answerBroken(c)
	}
	return nil
}

// wantsJSON reports whether a program is asking.
func wantsJSON(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), "/api/") ||
		c.Accepts(fiber.MIMETextHTML, fiber.MIMEApplicationJSON) == fiber.MIMEApplicationJSON
}

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Kind    string       `json:"kind"`
	Message string       `json:"message"`
	Fields  []errorField `json:"fields,omitempty"`
	Request string       `json:"request"`
}

type errorField struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func (k *Kit) answerJSON(c *fiber.Ctx, f failure) error {
	detail := errorDetail{Kind: f.Name, Message: f.what(Printer(c)), Request: of(c).id}
	for _, fault := range f.Faults {
		detail.Fields = append(detail.Fields, errorField{Name: fault.Name, Message: fault.Text})
	}
	return c.JSON(errorBody{detail})
}

func (f failure) what(p *i18n.Printer) string {
	if f.What != "" {
		return f.What
	}
	return p.T("error." + f.Name + ".what")
}

// errorPage is errors/problem.html: what happened and what to do next.
type errorPage struct {
	Frame
	Status  int
	What    string
	Next    string
	Faults  []Fault
	Request string
	Links   []errorLink
}

type errorLink struct{ Href, Icon, Label, Note string }

func newErrorPage(c *fiber.Ctx, f failure) errorPage {
	p := Printer(c)
	frame := NewFrame(c, p.T("error."+f.Name+".title"))
	return errorPage{
		Frame: frame, Status: f.Status, What: f.what(p), Next: p.T("error." + f.Name + ".next"),
		Faults: f.Faults, Request: of(c).id, Links: errorLinks(c, p, f),
	}
}

// errorLinks are the ways on: sign in, try again, or begin anew.
func errorLinks(c *fiber.Ctx, p *i18n.Printer, f failure) []errorLink {
	var links []errorLink
	switch f.Status {
	case fiber.StatusUnauthorized, fiber.StatusForbidden:
		links = append(links, errorLink{Href: "/sign-in", Icon: "user", Label: p.T("error.link.sign_in")})
	case fiber.StatusServiceUnavailable, fiber.StatusTooManyRequests, fiber.StatusRequestTimeout:
		if c.Method() == fiber.MethodGet {
			links = append(links, errorLink{Href: LocalPath(address(c), "/"), Icon: "clock", Label: p.T("error.link.again")})
		}
	}
	return append(links,
		errorLink{Href: "/events", Icon: "calendar", Label: p.T("error.link.events")},
		errorLink{Href: "/cities", Icon: "globe", Label: p.T("error.link.cities")})
}

// brokenPage is the page for internal errors, made at start so that it cannot
// fail: the request's id goes in between.
type brokenPage struct{ before, after []byte }

const idPlaceholder = "REQUEST-ID-HERE"

func (k *Kit) renderBroken() (map[string]brokenPage, error) {
	pages := map[string]brokenPage{}
	for _, lang := range k.messages.Languages() {
		p := k.messages.For(lang)
		page := errorPage{
			Frame: k.PublicFrame(lang, "/", p.T("error.internal.title")), Status: fiber.StatusInternalServerError,
			What: p.T("error.internal.what"), Next: p.T("error.internal.next"), Request: idPlaceholder,
			Links: []errorLink{{Href: "/", Icon: "calendar", Label: p.T("error.link.home")}},
		}
		var b bytes.Buffer
		if err := k.Views.Execute(&b, "errors/problem", page); err != nil {
			return nil, err
		}
		before, after, ok := bytes.Cut(b.Bytes(), []byte(idPlaceholder))
		if !ok {
			return nil, errors.New("it does not show the request's id")
		}
		pages[lang] = brokenPage{before, after}
	}
	return pages, nil
}

func (k *Kit) answerBroken(c *fiber.Ctx) error {
	page := k.broken[Printer(c).Lang()]
	c.Status(fiber.StatusInternalServerError)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(bytes.Join([][]byte{page.before, page.after}, []byte(of(c).id)))
}

// againPage is errors/again.html: a form that came without its proof, most often
// because the cookie was gone, or after the session of who sent it had ended.
type againPage struct {
	errorPage
	Action string
	Again  []typed // what was typed, to be sent again; empty when it cannot be
	SignIn bool    // in another tab, before it is sent again
}

type typed struct{ Name, Value string }

// answerAgain offers to send the same again if the browser vouches that it came
// from our own page: nothing typed is lost then.
func (k *Kit) answerAgain(c *fiber.Ctx, f failure) error {
	if wantsJSON(c) {
		return k.answer(c, f)
	}
	page := againPage{
		errorPage: newErrorPage(c, f), Action: LocalPath(address(c), "/"), Again: typedAgain(c), SignIn: f.Status == fiber.StatusUnauthorized,
	}
	c.Status(f.Status).Set(fiber.HeaderCacheControl, "no-store")
	return k.Views.Render(c, "errors/again", page)
}

// typedAgain returns the fields of a form sent from our own page. Passwords
// and files have to be given once more.
func typedAgain(c *fiber.Ctx) []typed {
	isForm := bytes.HasPrefix(c.Request().Header.ContentType(), []byte(fiber.MIMEApplicationForm))
	if c.Get("Sec-Fetch-Site") != "same-origin" || c.Method() != fiber.MethodPost || !isForm {
		return nil
	}
	var again []typed
	secret := false
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		secret = secret || strings.Contains(string(name), "password")
		if string(name) != csrfField {
			again = append(again, typed{string(name), string(value)})
		}
	})
	if secret {
		return nil
	}
	return again
}
