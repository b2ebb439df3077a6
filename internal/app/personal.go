package app

import (
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/personal"
	"convene/internal/privacy"
)

// personalParts joins what each package keeps of those who register, in the order
// in which they are handed out. A new one adds its line here.
func (a *App) personalParts() personal.Registry {
	return personal.Registry{
		a.Delegates.Personal(),
		a.Delegates.InvitationPersonal(),
		a.Delegates.DeskPersonal(),
		a.Forms.Personal(),
		a.Signups.Personal(),
		a.Badges.Personal(),
		a.Door.Personal(),
		a.Outbox.Personal(),
		a.Push.Personal(),
		a.Statements.Personal(),
		audit.Personal(delegate.Subject, privacy.ActionErase),
	}
}

// Impersonal lists the collections that keep nothing of those who register, or keep
// it for some days alone, with the reason. A test fails for a collection that is neither here nor in a part.
var Impersonal = map[string]string{
	"announcements":      "counts how far telling of a statement has come",
	"audience_views":     "an organiser's choice of facts, under a name",
	"awards":             "given to cities",
	"badge_keys":         "public keys of events",
	"bounce_marks":       "how far a mailbox was read",
	"challenges":         "words that cities use",
	"cities":             "members of the network",
	"consents":           "texts that everybody agrees to",
	"delegate_bulks":     "what organisers do about many, and ids of those left out",
	"delegate_indexing":  "how far registrations were written anew",
	"delegate_tags":      "words that organisers use for registrations",
	"delegate_views":     "lists that organisers keep, as filters",
	"delegations":        "how many a city may send, and ids of who speaks for it",
	"erased_delegates":   "numbers of those who were",
	"erasure_plans":      "what was erased of an event, in numbers",
	"erasures":           "ids that lead nowhere any more",
	"events":             "editions, and what organisers decided about them",
	"features":           "which cities are shown first",
	"focal_links":        "of the members' focal points",
	"focal_points":       "those who speak for members, whom the organising team keeps",
	"focal_sign_ins":     "of the members' focal points",
	"import_files":       "a list that organisers sent, removed after 14 days at most",
	"import_rows":        "the same row by row, removed with it",
	"imports":            "how far a list was taken in; its first rows are removed with it",
	"job_runs":           "when jobs ran, and counts",
	"jobs":               "when jobs ran",
	"letter_alarms":      "whether the mail server answers",
	"letter_attachments": "which files go with which letters",
	"letter_templates":   "texts that organisers write to everybody",
	"letter_turns":       "ids of letters in hand, for a minute",
	"limits":             "hashes with a time, for some hours",
	"messages":           "what organisers write to everybody",
	"milestones":         "dates of the network",
	"participations":     "of cities in events",
	"places":             "counts of places",
	"questions":          "what registration forms ask",
	"recounts":           "which questions were counted",
	"rule_runs":          "how far a rule has come",
	"rule_sets":          "which rules an event began with",
	"rules":              "what is written to whom, by facts",
	"sessions":           "the published programme",
	"signup_openings":    "which sessions one can sign up for",
	"signup_places":      "counts of places",
	"sign_ins":           "of the organising team",
	"speakers":           "the published roster, which the organising team keeps",
	"staff":              "the organising team",
	"statements":         "what an event says",
}
