package kit

import (
	"convene/internal/event"
)

// DeskHead is the frame of the desk: where one is, and where one can go.
type DeskHead struct {
	Groups []DeskGroup
	Events []TabLink // to change to
	Home   string
	Alarm  *Alarm // nil: letters go out
}

// Alarm says that letters do not go out. Texts are ready to be shown.
type Alarm struct {
	Text   string // since when, and how many letters wait
	Answer string // the mail server's; may be empty
}

// DeskGroup is a group of the desk's navigation. Title is empty for the first.
type DeskGroup struct {
	Title string
	Links []DeskLink
}

// DeskLink is one entry. Count stands beside it when it is not empty.
type DeskLink struct {
	Href, Label, Icon, Count string
	Current                  bool
}

// The sections of the desk: what follows /desk/e/:slug in the address.
const (
	DeskOverview    = ""
	DeskDelegates   = "delegates"
	DeskInvitations = "invitations"
	DeskProgramme   = "programme"
	DeskCategories  = "categories"
	DeskQuestions   = "questions"
	DeskStatement   = "statement"
	DeskMessages    = "messages"
	DeskRules       = "rules"
	DeskTexts       = "texts"
	DeskLetters     = "letters"
	DeskJobs        = "jobs"
	DeskSettings    = "settings"
	DeskPrivacy     = "privacy"
	DeskAudit       = "audit"
)

// Sections about what member cities send; the latter is of all events.
const (
	DeskDelegations = "delegations"
	DeskFocal       = "focal"
)

// ForDesk makes the page one of the desk's. Without an event (nil) only what
// concerns all of them is offered. Events are those one can change to; counts,
// by section, stand beside the links.
func (f *Frame) ForDesk(e *event.Event, current string, events []event.Event, counts map[string]string) {
	desk := &DeskHead{Home: "/desk"}
	for _, other := range events {
		desk.Events = append(desk.Events, TabLink{
			Href: "/desk/e/" + other.Slug, Label: f.Text(other.Title), Current: e != nil && e.ID == other.ID,
		})
	}
	n := deskNav{frame: f, current: current, counts: counts, base: "/desk"}
	if e == nil {
		desk.Groups = n.withoutEvent()
	} else {
		n.base = "/desk/e/" + e.Slug
		desk.Home = n.base
		desk.Groups = n.ofEvent(e.Slug)
		head := eventHead(f.Printer, *e)
		f.Event, f.Rehearsal = &head, e.Rehearsal
	}
	f.Desk = desk
}

type deskNav struct {
	frame   *Frame
	current string
	counts  map[string]string
	base    string
}

func (n deskNav) link(section, icon, label string) DeskLink {
	href := n.base
	if section != "" {
		href += "/" + section
	}
	return DeskLink{Href: href, Label: label, Icon: icon, Count: n.counts[section], Current: section == n.current}
}

func (n deskNav) withoutEvent() []DeskGroup {
	return []DeskGroup{
		{Links: []DeskLink{n.link(DeskOverview, "calendar", n.frame.T("desk.events"))}},
		{Title: n.frame.T("desk.behind"), Links: []DeskLink{
			n.link(DeskFocal, "user", n.frame.T("desk.focal")),
			n.link(DeskJobs, "clock", n.frame.T("desk.jobs")),
			n.link(DeskAudit, "document", n.frame.T("desk.audit")),
		}},
	}
}

func (n deskNav) ofEvent(slug string) []DeskGroup {
	t := n.frame.T
	return []DeskGroup{
		{Links: []DeskLink{
			n.link(DeskOverview, "chart", t("desk.overview")),
			n.link(DeskDelegates, "people", t("desk.delegates")),
			n.link(DeskDelegations, "globe", t("desk.delegations")),
			n.link(DeskInvitations, "mail", t("desk.invitations")),
			n.link(DeskProgramme, "calendar", t("desk.programme")),
			n.link(DeskStatement, "document", t("desk.statement")),
		}},
		{Title: t("desk.asking"), Links: []DeskLink{
			n.link(DeskCategories, "people", t("desk.categories")),
			n.link(DeskQuestions, "edit", t("desk.questions")),
		}},
		{Title: t("desk.writing"), Links: []DeskLink{
			n.link(DeskMessages, "mail", t("desk.messages")),
			n.link(DeskRules, "clock", t("desk.rules")),
			n.link(DeskTexts, "document", t("desk.texts")),
			n.link(DeskLetters, "mail", t("desk.letters")),
		}},
		{Title: t("desk.day"), Links: []DeskLink{
			{Href: "/door/e/" + slug, Label: t("desk.door"), Icon: "door"},
		}},
		{Title: t("desk.behind"), Links: []DeskLink{
			{Href: "/desk/jobs", Label: t("desk.jobs"), Icon: "clock", Count: n.counts[DeskJobs], Current: n.current == DeskJobs},
			n.link(DeskSettings, "edit", t("desk.settings")),
			n.link(DeskPrivacy, "user", t("desk.privacy")),
			n.link(DeskAudit, "document", t("desk.audit")),
		}},
	}
}

// DoorHead is the bare frame of the door.
type DoorHead struct {
	Name string // the gate, or the event before one is chosen
	Home string
}

// ForDoor makes the page one of the door's. Name is what stands in its corner.
func (f *Frame) ForDoor(e event.Event, name string) {
	head := eventHead(f.Printer, e)
	f.Event, f.Rehearsal = &head, e.Rehearsal
	f.Door = &DoorHead{Name: name, Home: "/door/e/" + e.Slug}
}
