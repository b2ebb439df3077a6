package main

import (
	"fmt"
	"html"
	"net/http"
	"regexp"

	"github.com/valyala/fasthttp"
)

// acceptEncoding is what browsers send.
const acceptEncoding = "gzip, deflate, br, zstd"

// browser holds what one visitor's browser holds: cookies, and the token of the
// form it has opened.
type browser struct {
	cookies string
	token   string
}

var tokenField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// openForm gets the page and takes its cookies and its token. signIn is the
// token of a session, or empty.
func openForm(addr, path, signIn string) (browser, error) {
	var b browser
	if signIn != "" {
		b.cookies = "convene_session=" + signIn
	}
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI("http://" + addr + path)
	b.dress(request)
	if err := fasthttp.Do(request, response); err != nil {
		return b, err
	}
	if response.StatusCode() != http.StatusOK {
		return b, fmt.Errorf("GET %s: %d %.200s", path, response.StatusCode(), response.Body())
	}
	found := tokenField.FindSubmatch(response.Body())
	if found == nil {
		return b, fmt.Errorf("GET %s: the page holds no form", path)
	}
	b.token = html.UnescapeString(string(found[1]))
	response.Header.VisitAllCookie(func(name, value []byte) {
		var cookie fasthttp.Cookie
		if cookie.ParseBytes(value) == nil {
			b.keep(string(name), string(cookie.Value()))
		}
	})
	return b, nil
}

func (b *browser) keep(name, value string) {
	if b.cookies != "" {
		b.cookies += "; "
	}
	b.cookies += name + "=" + value
}

// dress gives a request the headers of a browser.
func (b *browser) dress(r *fasthttp.Request) {
	r.Header.Set(fasthttp.HeaderAcceptLanguage, "en")
	if b.cookies != "" {
		r.Header.Set(fasthttp.HeaderCookie, b.cookies)
	}
}

// post fills in the request for a form.
func (b *browser) post(r *fasthttp.Request, path string, fields func(*fasthttp.Args)) {
	r.Header.SetMethod(http.MethodPost)
	r.SetRequestURI(path)
	r.Header.SetContentType("application/x-www-form-urlencoded")
	b.dress(r)
	args := r.PostArgs()
	args.Set("_csrf", b.token)
	fields(args)
}
