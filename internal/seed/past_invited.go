package seed

import (
	"context"

	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/seeds"
)

// The days before today of the invitations.
const (
	invitedOn  = 40
	remindedOn = 18
)

// invite has the office invite people, who answer or do not.
func (p *past) invite() {
	var silent []*comer
	for range 3 {
		c := p.invited(seeds.CategoryMinister, invitedOn, "09:30")
		silent = append(silent, c)
	}
	for range 2 {
		p.invited(seeds.CategoryInternational, invitedOn, "09:45")
	}
	p.office(remindedOn, "10:05", func(ctx context.Context) error { return p.remind(ctx, silent) })
	for range 2 {
		p.begins(p.invited(seeds.CategoryMinister, invitedOn, "09:50"), 30, "16:20")
	}
	p.refuses(p.invited(seeds.CategoryMinister, invitedOn, "09:55"), 35, "The minister opens parliament on those days.")
	p.refuses(p.invited(seeds.CategoryUNAgency, invitedOn, "10:00"), 20, "")
	revoked := p.invited(seeds.CategoryPrivateSector, invitedOn, "10:05")
	p.of(revoked, 14, "14:30", func(ctx context.Context, c *comer) error {
		_, err := p.Delegates.RevokeInvited(p.asOffice(ctx), c.id, "They have left the company.")
		return err
	})
	p.finishes(p.invited(seeds.CategoryMedia, 12, "11:00"), 6, "08:25")
	p.finishes(p.invited(seeds.CategoryObserver, 12, "11:05"), 9, "22:10")
	p.invited(seeds.CategoryInternational, 2, "16:00")
	p.invited(seeds.CategoryUNAgency, 2, "16:05")
	p.provedBy(p.want(seeds.CategoryMedia, ""), codePress, 12, "13:15")
	p.provedBy(p.want(seeds.CategoryMedia, ""), codeEditor, 4, "09:35")
	p.invitedTwin()
}

// invited has somebody invited by the office.
func (p *past) invited(category seeds.Category, daysAgo int, clock string) *comer {
	c := p.want(category, "")
	p.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error {
		e, err := p.here(ctx)
		if err != nil || c.id != "" {
			return err
		}
		d, err := p.Delegates.InvitePerson(p.asOffice(ctx), e, typed(c.Delegate), category == seeds.CategoryMinister)
		c.id = d.ID
		return err
	})
	return c
}

func (p *past) remind(ctx context.Context, people []*comer) error {
	ids := make([]string, len(people))
	for i, c := range people {
		ids[i] = c.id
	}
	e, err := p.here(ctx)
	if err != nil {
		return err
	}
	_, err = p.Delegates.RemindInvited(ctx, e, ids, p.Clock.Now())
	return err
}

// begins has somebody who was invited fill in the form in part.
func (p *past) begins(c *comer, daysAgo int, clock string) {
	p.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error {
		return p.Delegates.Begin(ctx, c.id, map[string][]string{"name": {c.FullName}, "organisation": {c.Organisation}})
	})
}

// refuses has somebody who was invited decline.
func (p *past) refuses(c *comer, daysAgo int, reason string) {
	p.of(c, daysAgo, "12:40", func(ctx context.Context, c *comer) error {
		_, err := p.Delegates.Withdraw(asThemselves(ctx, c), c.id, reason)
		return err
	})
}

// finishes has somebody who was invited finish the form.
func (p *past) finishes(c *comer, daysAgo int, clock string) {
	p.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error {
		d, err := p.Delegates.Get(ctx, c.id)
		if err != nil {
			return err
		}
		f, err := p.typed(ctx, c)
		if err != nil {
			return err
		}
		f.City = d.City // of whose delegation they are
		_, err = p.Delegates.Finish(asThemselves(ctx, c), c.id, f)
		return err
	})
}

// invitedTwin has somebody who was invited register openly under another address.
func (p *past) invitedTwin() {
	first := p.invited(seeds.CategoryNGO, 25, "15:10")
	p.on(2, "07:55", func(ctx context.Context) error {
		again := first.Delegate
		again.Email, again.Category = "private."+first.Email, seeds.CategoryObserver
		return p.twin(ctx, again)
	})
}

// team is the delegation of a city in the making.
type team struct {
	*past
	city    string
	country string
	focal   city.FocalPoint
}

// nominate has the focal points of three cities name whom these send.
func (p *past) nominate(ctx context.Context) error {
	teams, err := p.teams(ctx)
	if err != nil || len(teams) < rehearsedOffices {
		return err
	}
	first, second, third := teams[0], teams[1], teams[2]

	first.takesIn(seeds.CategoryMayor, delegate.RoleHead, 44, "09:10")
	first.takesIn(seeds.CategoryCityExecutive, delegate.RoleMember, 44, "09:15")
	p.begins(first.names(seeds.CategoryCityExecutive, delegate.RoleDeputy, 44, "09:20"), 35, "11:50")
	silent := first.names(seeds.CategoryYouth, delegate.RoleMember, 44, "09:25")
	first.of(silent, 9, "08:40", func(ctx context.Context, c *comer) error {
		return p.Delegates.Remind(first.asFocal(ctx), p.event, first.city, c.id)
	})

	second.names(seeds.CategoryMayor, delegate.RoleHead, 40, "14:00")
	second.takesIn(seeds.CategoryMayor, delegate.RoleDeputy, 40, "14:05")
	p.finishes(second.names(seeds.CategoryObserver, delegate.RoleAdviser, 12, "14:10"), 4, "17:05")

	leaves := third.names(seeds.CategoryMayor, delegate.RoleHead, 40, "10:30")
	third.replaces(leaves, third.want(seeds.CategoryCityExecutive, third.country), 16)
	p.finishes(third.names(seeds.CategoryMedia, delegate.RoleAdviser, 16, "10:45"), 6, "19:15")
	return nil
}

// teams are the delegations of the cities that have a focal point.
func (p *past) teams(ctx context.Context) ([]team, error) {
	byCity, err := p.Cities.FocalByCity(ctx)
	if err != nil {
		return nil, err
	}
	var list []team
	for _, id := range offices(p.confirmed, func(d delegate.Delegate) string { return d.City }) {
		if len(byCity[id]) == 0 {
			continue
		}
		c, err := p.Cities.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, team{p, id, c.Country, byCity[id][0]})
	}
	return list, nil
}

func (t team) asFocal(ctx context.Context) context.Context { return audit.As(ctx, t.focal.Actor()) }

// takesIn has the focal point take somebody in who has registered for the city.
func (t team) takesIn(category seeds.Category, role delegate.Role, daysAgo int, clock string) {
	t.on(daysAgo, clock, func(ctx context.Context) error {
		for _, d := range t.some(category, len(t.confirmed)) {
			if d.InDelegation() && d.City == t.city { // since a run that was cut short
				return nil
			}
			if d.City == t.city {
				_, err := t.nominates(ctx, delegate.Nomination{
					Name: d.Name, Email: d.Email, Category: d.Category, Language: d.Language, JobTitle: d.JobTitle, Role: role, TakeIn: true,
				})
				return err
			}
		}
		return nil
	})
}

// names has the focal point nominate somebody who is not registered.
func (t team) names(category seeds.Category, role delegate.Role, daysAgo int, clock string) *comer {
	c := t.want(category, t.country)
	t.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error {
		if c.id != "" {
			return nil
		}
		d, err := t.nominates(ctx, t.nomination(c, role))
		c.id = d.ID
		return err
	})
	return c
}

func (t team) nomination(c *comer, role delegate.Role) delegate.Nomination {
	return delegate.Nomination{
		Name: c.FullName, Email: c.Email, Category: string(c.Category), Language: c.Language, JobTitle: c.JobTitle, Role: role,
	}
}

func (t team) nominates(ctx context.Context, n delegate.Nomination) (delegate.Delegate, error) {
	e, err := t.here(ctx)
	if err != nil {
		return delegate.Delegate{}, err
	}
	return t.Delegates.Nominate(t.asFocal(ctx), e, t.city, n)
}

// replaces has the focal point put another in the place of somebody.
func (t team) replaces(leaves, comes *comer, daysAgo int) {
	t.of(comes, daysAgo, "10:40", func(ctx context.Context, c *comer) error {
		e, err := t.here(ctx)
		if err != nil || c.id != "" {
			return err
		}
		d, err := t.Delegates.Replace(t.asFocal(ctx), e, t.city, leaves.id, t.nomination(c, delegate.RoleHead), "Another stands in.")
		c.id = d.ID
		return err
	})
}
