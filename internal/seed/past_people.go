package seed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/form"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/seeds"
)

// register has people register by the open form whose registrations did not end up as
// confirmed ones.
func (p *past) register() {
	for i, category := range []seeds.Category{
		seeds.CategoryAcademia, seeds.CategoryNGO, seeds.CategoryCityExecutive, seeds.CategoryYouth,
		seeds.CategoryPrivateSector, seeds.CategoryNGO, seeds.CategoryAcademia, seeds.CategoryCityExecutive,
	} {
		p.unproved(p.want(category, ""), []int{25, 14, 9, 6, 2, 2, 1, 1}[i], fmt.Sprintf("%02d:%02d", 8+i, 7*i))
	}
	for i, daysAgo := range []int{12, 9, 9, 6, 6, 4, 2, 1} {
		p.proved(p.want(seeds.CategoryMedia, ""), daysAgo, fmt.Sprintf("%02d:%02d", 9+i, 5*i+2))
	}
	p.decline()
	p.giveUp()
	p.queue()
}

// decline has journalists be declined.
func (p *past) decline() {
	for i, reason := range []string{
		"The press card has expired. Please send a valid one, and we look at it again.",
		"Your newspaper has its two places already.",
	} {
		c := p.want(seeds.CategoryMedia, "")
		p.proved(c, 20-4*i, "10:40")
		p.of(c, 18-4*i, "15:25", func(ctx context.Context, c *comer) error {
			_, err := p.Delegates.Decline(p.asOffice(ctx), c.id, reason)
			return err
		})
	}
}

// giveUp has people register and withdraw, and one be cancelled by the office.
func (p *past) giveUp() {
	for i, reason := range []string{"The journey was not approved.", "I have to stay with my family.", "", "Our council meets on the same days."} {
		category := []seeds.Category{seeds.CategoryNGO, seeds.CategoryAcademia, seeds.CategoryYouth, seeds.CategoryCityExecutive}[i]
		c := p.want(category, "")
		p.proved(c, []int{30, 25, 25, 20}[i], "11:20")
		p.of(c, []int{18, 14, 9, 4}[i], "18:05", func(ctx context.Context, c *comer) error {
			_, err := p.Delegates.Withdraw(asThemselves(ctx, c), c.id, reason)
			return err
		})
	}
	c := p.want(seeds.CategoryPrivateSector, "")
	p.proved(c, 35, "13:45")
	p.of(c, 30, "09:50", func(ctx context.Context, c *comer) error {
		_, err := p.Delegates.Cancel(p.asOffice(ctx), c.id, "The exhibition is not part of this conference.")
		return err
	})
}

// queue has observers wait. One has a place, and gives it up; it is offered to the
// first of the others, who lets the offer run out, and then to the next.
func (p *past) queue() {
	leaves := p.want(seeds.CategoryObserver, "")
	p.proved(leaves, fullSince+9, "10:05")
	for i, daysAgo := range []int{14, 14, 12, 12, 9, 9, 9, 6, 6, 4, 2, 1} {
		p.proved(p.want(seeds.CategoryObserver, ""), daysAgo, fmt.Sprintf("%02d:%02d", 8+i%9, 3*i+4))
	}
	p.of(leaves, 4, "10:15", func(ctx context.Context, c *comer) error {
		_, err := p.Delegates.Withdraw(asThemselves(ctx, c), c.id, "I am posted elsewhere.")
		return err
	})
	p.on(4, "10:16", p.fill)
	p.on(1, "10:17", p.fill) // the first offer, of two days, is over
}

// fill is what the job does that offers places.
func (p *past) fill(ctx context.Context) error {
	_, err := p.Delegates.Fill(ctx)
	return err
}

// unproved has somebody register who does not prove the address.
func (p *past) unproved(c *comer, daysAgo int, clock string) {
	p.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error { return p.openly(ctx, c, delegate.Invitation{}) })
}

// proved has somebody register and prove the address.
func (p *past) proved(c *comer, daysAgo int, clock string) { p.provedBy(c, "", daysAgo, clock) }

// provedBy is proved with the invitation of the note.
func (p *past) provedBy(c *comer, note string, daysAgo int, clock string) {
	p.of(c, daysAgo, clock, func(ctx context.Context, c *comer) error {
		var by delegate.Invitation
		var err error
		if note != "" {
			if by, err = p.code(ctx, note); err != nil {
				return err
			}
		}
		if err := p.openly(ctx, c, by); err != nil {
			return err
		}
		return p.prove(ctx, c)
	})
}

// openly has somebody send the form, with an invitation where it is one.
func (p *past) openly(ctx context.Context, c *comer, by delegate.Invitation) error {
	if c.id != "" {
		return nil
	}
	e, err := p.here(ctx)
	if err != nil {
		return err
	}
	typed, err := p.typed(ctx, c)
	if err != nil {
		return err
	}
	if by.ID != "" {
		err = p.Delegates.RegisterBy(ctx, e, by, typed)
	} else {
		err = p.Delegates.Register(ctx, e, typed)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Email, err)
	}
	c.id, err = p.registered(ctx, c.Email)
	return err
}

// prove has somebody use the link that went to their address.
func (p *past) prove(ctx context.Context, c *comer) error {
	d, err := p.Delegates.Get(ctx, c.id)
	if err != nil {
		return err
	}
	_, err = p.Delegates.Verify(ctx, p.Delegates.VerifyToken(d, d.VerifySerial))
	return err
}

// registered finds the registration under the address.
func (p *past) registered(ctx context.Context, email string) (id string, err error) {
	page, err := p.Delegates.Find(ctx, p.event.ID, delegate.Filter{Text: email}, "", 1)
	if err == nil && len(page.Items) == 0 {
		err = errors.New("nobody is registered under the address")
	}
	if err != nil {
		return "", err
	}
	return page.Items[0].ID, nil
}

// typed is what somebody types into the form, with the answers that it requires.
func (p *past) typed(ctx context.Context, c *comer) (delegate.Form, error) {
	f := typed(c.Delegate)
	f.Consent, f.Answers = true, form.Answers{askTimes: {fmt.Sprint(len(c.Email) % 3)}}
	if len(c.Email)%4 == 0 {
		f.ListedParticipants, f.ListedPublic, f.ListedTold = true, len(c.Email)%8 == 0, rehearsedList.Fields
	}
	if c.Category != seeds.CategoryMedia {
		return f, nil
	}
	set, err := p.Forms.Of(ctx, p.event.ID)
	if err != nil {
		return f, err
	}
	q, _ := set.Question(askPress)
	card, err := pressCard()
	if err != nil {
		return f, err
	}
	kept, err := p.Forms.Upload(ctx, p.event.ID, q, "press-card.png", card)
	f.Answers[askPress] = []string{kept.ID}
	return f, err
}

// pressCard draws a card that is nobody's.
func pressCard() ([]byte, error) {
	card := image.NewPaletted(image.Rect(0, 0, 320, 200), color.Palette{
		color.White, color.RGBA{0x0a, 0x6e, 0x5c, 0xff}, color.RGBA{0xc8, 0xd2, 0xda, 0xff},
	})
	fill := func(colour uint8, x, y, right, bottom int) {
		draw.Draw(card, image.Rect(x, y, right, bottom), image.NewUniform(card.Palette[colour]), image.Point{}, draw.Src)
	}
	fill(1, 0, 0, 320, 40)
	fill(2, 20, 60, 100, 170)
	for line := range 4 {
		fill(2, 120, 66+26*line, 300-30*line, 78+26*line)
	}
	var b bytes.Buffer
	err := png.Encode(&b, card)
	return b.Bytes(), err
}

func asThemselves(ctx context.Context, c *comer) context.Context {
	return audit.As(ctx, audit.Delegate(c.id))
}

// double has a journalist who is confirmed register once more, under another address
// and in capital letters.
func (p *past) double() {
	p.on(2, "19:40", func(ctx context.Context) error {
		journalists := p.some(seeds.CategoryMedia, len(p.confirmed))
		i := slices.IndexFunc(journalists, func(d delegate.Delegate) bool { return d.LatinName == "" })
		if i < 0 {
			return nil
		}
		d := journalists[i]
		return p.twin(ctx, seeds.Delegate{
			FullName: strings.ToUpper(d.Name), LatinName: strings.ToUpper(d.Name), Email: "newsroom." + d.Email,
			Organisation: d.Organisation, JobTitle: d.JobTitle, City: d.City, Country: d.Country, Category: seeds.CategoryMedia, Language: d.Language,
		})
	})
}

// twin has somebody register openly who is registered already under another address.
func (p *past) twin(ctx context.Context, who seeds.Delegate) error {
	return p.let(ctx, &comer{Delegate: who}, func(ctx context.Context, c *comer) error {
		if err := p.openly(ctx, c, delegate.Invitation{}); err != nil {
			return err
		}
		return p.prove(ctx, c)
	})
}

// answers of people who are confirmed.
var (
	rehearsedDiets = [][]string{{"vegetarian"}, nil, {"halal"}, {"no_lactose"}, nil, {"vegan", "no_nuts"}, nil}
	rehearsedHomes = []string{
		"How others pay for courses in the evening.", "", "Examples of libraries as places to learn.",
		"Ideas for those who left school early, and for their parents.", "",
	}
)

// answer has some of those who are confirmed answer what is asked on their own page,
// and agree to be listed.
func (p *past) answer() {
	for wave, daysAgo := range []int{35, 25, 20, 14, 6, 2} {
		p.on(daysAgo, "20:10", func(ctx context.Context) error {
			var people []delegate.Delegate
			for i := wave; i < len(p.confirmed); i += 45 {
				if d := p.confirmed[i]; d.Category != string(seeds.CategoryMedia) { // they owe their press card first
					people = append(people, d)
				}
			}
			return together(ctx, people, p.answerAndList)
		})
	}
	p.on(4, "20:20", func(ctx context.Context) error { return together(ctx, p.some(seeds.CategoryUNAgency, 5), p.plate) })
	p.on(1, "21:05", func(ctx context.Context) error {
		_, err := p.Delegates.Recount(ctx)
		return err
	})
}

// plate has somebody ask for other words on their name plate.
func (p *past) plate(ctx context.Context, d delegate.Delegate) error {
	ctx = audit.As(ctx, audit.Delegate(d.ID))
	d, err := p.Delegates.Get(ctx, d.ID) // with what they have answered since
	if err != nil {
		return err
	}
	typed := delegate.FormOf(d)
	typed.Answers = d.Wanted().Clone()
	if typed.Answers == nil {
		typed.Answers = form.Answers{}
	}
	typed.Answers[askPlate] = []string{d.SortName() + ", " + d.JobTitle}
	_, err = p.Delegates.Update(ctx, d.ID, typed)
	return err
}

func (p *past) answerAndList(ctx context.Context, d delegate.Delegate) error {
	ctx = audit.As(ctx, audit.Delegate(d.ID))
	n := len(d.Email) + len(d.Name)
	typed := delegate.FormOf(d)
	typed.Answers = p.answers(d, n)
	if _, err := p.Delegates.Update(ctx, d.ID, typed); err != nil {
		return fmt.Errorf("%s: %w", d.Email, err)
	}
	if n%5 == 0 {
		return nil
	}
	_, err := p.Delegates.SetListing(ctx, d.ID, delegate.Agreement{Participants: true, Public: n%4 != 0, Told: rehearsedList.Fields})
	return err
}

// answers are what somebody answers, as various as the number is.
func (p *past) answers(d delegate.Delegate, n int) form.Answers {
	e := p.event
	a := form.Answers{
		askTimes:                {fmt.Sprint(n % 4)},
		askMobile:               {fmt.Sprintf("+52 55 5555 %04d", 100+n*37%9000)},
		form.InterpretationInto: {[]string{d.Language, form.NoneOption}[n%2]},
		form.ArrivalDate:        {e.FirstDay().AddDate(0, 0, -1-n%2).Format(time.DateOnly)},
		form.ArrivalFlight:      {[]string{"EX 1204", "EX 88", "by train"}[n%3]},
		form.ArrivalTime:        {fmt.Sprintf("%02d:%02d", 6+n%15, n*7%60)},
		form.DepartureDate:      {e.LastDay().AddDate(0, 0, n%3).Format(time.DateOnly)},
		form.Hotel:              {[]string{"Hotel by the park", "Guest house of the university", "With friends"}[n%3]},
		form.Transfer:           {[]string{form.Yes, form.No}[n%2]},
	}
	if diet := rehearsedDiets[n%len(rehearsedDiets)]; diet != nil {
		a[form.DietNeeds] = diet
	}
	if text := rehearsedHomes[n%len(rehearsedHomes)]; text != "" {
		a[askHome] = []string{text}
	}
	if d.Category == string(seeds.CategoryMayor) {
		a[askSpeech] = []string{d.Language}
	}
	if n%9 == 0 {
		a[form.VisaLetter], a[form.VisaNationality], a[form.VisaPassport] = []string{form.Yes}, []string{d.Country}, []string{fmt.Sprintf("X%07d", n*7919)}
		a[form.VisaBirth], a[form.VisaConsulate] = []string{fmt.Sprintf("19%02d-0%d-1%d", 60+n%35, 1+n%9, n%10)}, []string{"The consulate general in the capital"}
	}
	return a
}

// hallPlaces is how many fit into the room of the first regional forum.
const hallPlaces = 24

// signUp has some of those who are confirmed sign up for a regional forum: more of them
// for the first than find room.
func (p *past) signUp() {
	p.office(35, "12:25", func(ctx context.Context) error {
		sessions, err := p.forums(ctx)
		if err != nil || len(sessions) == 0 {
			return err
		}
		typed := signup.Typed{Places: fmt.Sprint(hallPlaces), Group: rehearsedGroup, Most: "1"}
		_, err = p.Signups.Open(ctx, p.event, sessions[0], typed.Always)
		return err
	})
	for wave, daysAgo := range []int{25, 16, 9, 4} {
		p.on(daysAgo, "13:30", func(ctx context.Context) error {
			sessions, err := p.forums(ctx)
			if err != nil || len(sessions) == 0 {
				return err
			}
			var people []delegate.Delegate
			for i := 7 + wave; i < len(p.confirmed); i += 52 {
				people = append(people, p.confirmed[i])
			}
			return together(ctx, people, func(ctx context.Context, d delegate.Delegate) error {
				session := sessions[len(d.Email)%4%3%len(sessions)] // the first one is liked best
				_, err := p.Signups.Join(audit.As(ctx, audit.Delegate(d.ID)), d.ID, session.ID)
				return unlessDone(err)
			})
		})
	}
}

// forums are the sessions to sign up for, by time.
func (p *past) forums(ctx context.Context) ([]programme.Session, error) {
	sessions, err := p.Signups.Programme.Sessions(ctx, p.event.ID)
	return slices.DeleteFunc(slices.Clone(sessions), func(s programme.Session) bool { return s.Kind != programme.RegionalForum }), err
}
