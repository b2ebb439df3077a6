// Package views holds what people see, as files: templates by audience, the
// program's messages in each language, and static files.
//
//	layout/     the frame around every page, and partials for forms and notices
//	errors/     pages for what went wrong
//	messages/   one file a language
//	static/     style sheets, scripts, icons
//
// Other folders are an audience each. A file in one is a page, named
// folder/file without .html; it begins with its layout, {{template "site" .}},
// {{template "desk" .}} or {{template "door" .}}, and defines "content". A file
// whose name begins with an underscore holds partials for its folder's pages.
package views

import "embed"

// FS holds all files of the folders; new ones join by themselves. Underscored
// files are named by the pattern, so they are not left out.
//
//go:embed */*
var FS embed.FS
