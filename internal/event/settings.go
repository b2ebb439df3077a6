package event

import (
	"context"
	"net/url"
	"strings"

	"convene/internal/person"
	"convene/internal/problem"
)

// Settings are what organisers decide about the letters of an event.
type Settings struct {
	ReplyTo    string // an e-mail address, or empty: answers go where the program's settings say
	SurveyLink string // https, or empty: nobody is asked
	FourEyes   bool   // a message goes out once a second organiser approves
}

// Settings returns the event's.
func (e Event) Settings() Settings {
	return Settings{ReplyTo: e.ReplyTo, SurveyLink: e.SurveyLink, FourEyes: e.FourEyes}
}

// maxLink is the longest link, in bytes; mail programs break longer ones.
const maxLink = 2000

// Configure changes the event's settings. A problem of kind Invalid names the
// fields reply_to and survey_link.
func (s *Service) Configure(ctx context.Context, id string, typing Typing[Settings]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, typed Settings) (changed bool, err error) {
		set, err := typed.cleaned()
		if err != nil || e.Settings() == set {
			return false, err
		}
		e.ReplyTo, e.SurveyLink, e.FourEyes = set.ReplyTo, set.SurveyLink, set.FourEyes
		return true, nil
	})
}

func (set Settings) cleaned() (Settings, error) {
	var faults problem.Form
	set.ReplyTo, set.SurveyLink = strings.TrimSpace(set.ReplyTo), strings.TrimSpace(set.SurveyLink)
	if set.ReplyTo != "" {
		address, ok := person.ParseEmail(set.ReplyTo)
		if !ok {
			faults.Add("reply_to", "problem.field.email")
		}
		set.ReplyTo = address.Text
	}
	if set.SurveyLink != "" && !isLink(set.SurveyLink) {
		faults.Add("survey_link", "problem.field.link")
	}
	return set, faults.Err()
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && len(s) <= maxLink
}
