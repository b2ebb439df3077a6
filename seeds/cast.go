package seeds

import (
	"fmt"
	"slices"
	"strings"
)

// seats is how many invented speakers a session of each kind takes.
var seats = map[SessionKind]int{
	KindMayorsForum:   8,
	KindRegionalForum: 4,
	KindPlenary:       6,
	KindThematicForum: 6,
}

// place gives every speaker a bio and a part in one session, and a few a part in
// a second one that runs at another time.
func (c *casting) place(drafts []*draft) error {
	var speakers []*draft
	for _, d := range drafts {
		if d.speaker {
			speakers = append(speakers, d)
			c.introduce(d)
		}
	}
	// Sessions that only some may speak in are filled first.
	sessions := c.programme.Content()
	order := []SessionKind{KindMayorsForum, KindRegionalForum, KindPlenary, KindThematicForum}
	slices.SortStableFunc(sessions, func(a, b Session) int {
		return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
	})
	for _, s := range sessions {
		if err := c.fill(s, speakers); err != nil {
			return err
		}
	}
	for _, s := range sessions {
		if s.Kind == KindRegionalForum {
			c.add(s, speakers)
		}
	}
	for _, d := range speakers {
		if len(d.assignments) == 0 {
			return fmt.Errorf("there are more speakers than seats in the programme of %s", c.event.Slug)
		}
	}
	return nil
}

// introduce writes one neutral sentence about a speaker.
func (c *casting) introduce(d *draft) {
	d.bio = Text{"en": fmt.Sprintf("%s (%s, %s) works on %s.", d.LatinName, d.JobTitle, d.Organisation, pick(c.rng, c.book.Topics))}
}

// fill seats speakers who have no part yet and gives them their roles.
func (c *casting) fill(s Session, speakers []*draft) error {
	var seated []*draft
	for _, d := range speakers {
		if len(seated) < seats[s.Kind] && len(d.assignments) == 0 && c.fits(s, d, speakers, seated) {
			seated = append(seated, d)
		}
	}
	if len(seated) < seats[s.Kind] {
		return fmt.Errorf("the session %q has %d seats and only %d speakers who fit", s.Slug, seats[s.Kind], len(seated))
	}
	host := -1
	if s.Kind == KindMayorsForum {
		host = slices.IndexFunc(seated, func(d *draft) bool { return d.Country == c.event.Country })
	}
	duties := []Role{RoleModerator, RoleRapporteur}
	for i, d := range seated {
		role := ordinaryRole(s)
		switch {
		case i == host:
			role = RoleHost
		case len(duties) > 0:
			role, duties = duties[0], duties[1:]
		}
		d.assignments = append(d.assignments, Assignment{Session: s.Slug, Role: role})
	}
	return nil
}

// ordinaryRole is the role of those who neither moderate nor report.
func ordinaryRole(s Session) Role {
	if s.Kind == KindPlenary {
		return RoleSpeaker
	}
	return RolePanellist
}

// fits tells whether a speaker may sit in a session: mayors in the mayors'
// forum, as long as their regions keep enough speakers for their own forums and
// a seat is left for the host's mayor, and people of the region in a regional
// forum.
func (c *casting) fits(s Session, d *draft, speakers, seated []*draft) bool {
	switch s.Kind {
	case KindRegionalForum:
		return d.country.Region == s.Region
	case KindMayorsForum:
		if d.Category != CategoryMayor {
			return false
		}
		free := 0
		for _, other := range speakers {
			if other.country.Region == d.country.Region && len(other.assignments) == 0 && !slices.Contains(seated, other) {
				free++
			}
		}
		hosted := slices.ContainsFunc(seated, func(o *draft) bool { return o.Country == c.event.Country })
		last := len(seated) == seats[s.Kind]-1
		return free > seats[KindRegionalForum] && (d.Country == c.event.Country || hosted || !last)
	}
	return true
}

// add gives one speaker of a plenary a second part in the forum of their region.
func (c *casting) add(s Session, speakers []*draft) {
	d, ok := find(speakers, func(d *draft) bool {
		if len(d.assignments) != 1 || d.country.Region != s.Region {
			return false
		}
		first, found := c.programme.Session(d.assignments[0].Session)
		return found && first.Kind == KindPlenary && !first.Overlaps(s)
	})
	if ok {
		d.assignments = append(d.assignments, Assignment{Session: s.Slug, Role: ordinaryRole(s)})
	}
}

// Cast returns the speakers of a session with their roles, moderators first.
func (p People) Cast(session string) []Casting {
	var cast []Casting
	for _, s := range p.Speakers {
		for _, a := range s.Assignments {
			if a.Session == session {
				cast = append(cast, Casting{Speaker: s, Role: a.Role})
			}
		}
	}
	order := []Role{RoleHost, RoleModerator, RoleSpeaker, RolePanellist, RoleRapporteur}
	slices.SortStableFunc(cast, func(a, b Casting) int {
		if d := slices.Index(order, a.Role) - slices.Index(order, b.Role); d != 0 {
			return d
		}
		return strings.Compare(a.Speaker.Email, b.Speaker.Email)
	})
	return cast
}

// Casting is one speaker's part in a session.
type Casting struct {
	Speaker Speaker
	Role    Role
}
