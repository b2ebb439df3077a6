package seed

import (
	"context"
	"strconv"
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/seeds"
)

// The days before today on which the office sets the rehearsal up.
const (
	setUp       = 69
	fullSince   = 16 // days before today: from then on observers wait
	codesMade   = 44
	codeExpired = 30
)

// rehearsedList is the rehearsal's list of participants.
var rehearsedList = event.Listing{
	For:    event.ListedForAll,
	Fields: []event.ListedField{event.ListedOrganisation, event.ListedCity, event.ListedCountry},
}

// settle sets the rehearsal up as an office would in the course of ten weeks.
func (p *past) settle() {
	p.office(setUp, "09:05", func(ctx context.Context) error { return p.categorise(ctx) })
	p.office(setUp, "10:20", func(ctx context.Context) error { return p.ask(ctx) })
	p.office(setUp, "11:15", func(ctx context.Context) error {
		_, err := p.Events.Publish(ctx, p.event.ID, event.Typed(rehearsedList))
		return err
	})
	p.office(setUp, "11:30", func(ctx context.Context) error {
		_, err := p.Events.LetTransfer(ctx, p.event.ID, event.Typed(p.event.FirstDay().AddDate(0, 0, -1).Format(time.DateOnly)))
		return err
	})
	p.office(codesMade, "16:10", func(ctx context.Context) error { return p.makeCodes(ctx) })
	p.office(fullSince, "08:55", func(ctx context.Context) error { return p.limitObservers(ctx) })
}

// categorise has ministers come by invitation and journalists be approved, and keeps
// the host's staff off the public form.
func (p *past) categorise(ctx context.Context) error {
	for id, typed := range map[seeds.Category]event.TypedCategory{
		seeds.CategoryMinister:      {Mode: event.ModeInvitation, Seen: event.SeenByInvited, Colour: "#7a1f5c"},
		seeds.CategoryMedia:         {Mode: event.ModeApproval, Colour: "#9a5b00"},
		seeds.CategoryHostCityStaff: {Seen: event.SeenByDesk, Colour: "#3d4a57"},
	} {
		if _, err := p.Events.SaveCategory(ctx, p.event.ID, string(id), event.Typed(typed)); err != nil {
			return err
		}
	}
	return nil
}

// limitObservers has no more places for observers than are taken.
func (p *past) limitObservers(ctx context.Context) error {
	e, err := p.here(ctx)
	if err != nil {
		return err
	}
	if _, limited := e.Registration.Limit(string(seeds.CategoryObserver)); limited {
		return nil
	}
	places, err := p.Delegates.Places(ctx, e)
	if err != nil {
		return err
	}
	taken := places.Categories[string(seeds.CategoryObserver)].Taken
	_, err = p.Events.SaveCategory(ctx, e.ID, string(seeds.CategoryObserver), event.Typed(event.TypedCategory{Places: strconv.Itoa(taken)}))
	return err
}

// The questions that the office adds to the ready-made ones.
const (
	askTimes  = "times_before"
	askHome   = "take_home"
	askMobile = "mobile"
	askSpeech = "speech_language"
	askPress  = "press_card"
	askPlate  = "name_plate"
)

// ask adds a question of each kind that no ready-made one is of.
func (p *past) ask(ctx context.Context) error {
	for _, q := range p.questions() {
		if _, err := p.Forms.Save(ctx, p.event.ID, q); err != nil {
			return err
		}
	}
	return nil
}

func (p *past) questions() []form.Question {
	over := p.event.Over()
	return []form.Question{
		{
			ID: askPress, Kind: form.File, Asked: form.AtRegistration, Required: true, Most: 2, Endings: []string{".jpg", ".pdf", ".png"},
			Categories: []string{string(seeds.CategoryMedia)}, Keep: over.Add(rehearsedKeep),
			Label: i18n.Text{"en": "Press card", "fr": "Carte de presse", "es": "Carné de prensa"},
			Help:  i18n.Text{"en": "A scan or a photograph of both sides.", "fr": "Un scan ou une photographie des deux côtés.", "es": "Un escaneo o una fotografía de ambas caras."},
		},
		{
			ID: askTimes, Kind: form.Number, Asked: form.AtRegistration, Min: "0", Max: "5",
			Label: i18n.Text{
				"en": "How many of these conferences have you attended?", "fr": "À combien de ces conférences avez-vous participé ?",
				"es": "¿A cuántas de estas conferencias ha asistido?",
			},
		},
		{
			ID: askHome, Kind: form.Long, Asked: form.Later, Most: 500,
			Label: i18n.Text{
				"en": "What would you like to take home to your city?", "fr": "Qu’aimeriez-vous rapporter dans votre ville ?",
				"es": "¿Qué le gustaría llevarse a su ciudad?",
			},
		},
		{
			ID: askMobile, Kind: form.Telephone, Asked: form.Later, Keep: over.Add(rehearsedKeep),
			Label: i18n.Text{
				"en": "Mobile telephone during the conference", "fr": "Téléphone portable pendant la conférence",
				"es": "Teléfono móvil durante la conferencia",
			},
		},
		{
			ID: askPlate, Kind: form.Text, Asked: form.Later, Most: 60, Approve: true, Freeze: p.event.FirstDay().AddDate(0, 0, -5).UTC(),
			Label: i18n.Text{"en": "Words on your name plate", "fr": "Texte de votre porte-nom", "es": "Texto de su rótulo de mesa"},
			Help: i18n.Text{
				"en": "Your name, unless you want something else.", "fr": "Votre nom, sauf si vous souhaitez autre chose.",
				"es": "Su nombre, salvo que desee otra cosa.",
			},
		},
		{
			ID: askSpeech, Kind: form.One, Asked: form.Later, Required: true,
			Categories: []string{string(seeds.CategoryMayor)}, Freeze: p.event.FirstDay().AddDate(0, 0, -7).UTC(),
			Label: i18n.Text{
				"en": "In which language will you speak in the mayors’ forum?", "fr": "En quelle langue interviendrez-vous au forum des maires ?",
				"es": "¿En qué idioma intervendrá en el foro de alcaldes?",
			},
			Help: i18n.Text{
				"en": "Interpreters are booked by it.", "fr": "Les interprètes sont réservés en conséquence.", "es": "Según la respuesta se contratan los intérpretes.",
			},
			Options: []form.Option{
				{ID: "en", Label: i18n.Text{"en": "English", "fr": "Anglais", "es": "Inglés"}},
				{ID: "fr", Label: i18n.Text{"en": "French", "fr": "Français", "es": "Francés"}},
				{ID: "es", Label: i18n.Text{"en": "Spanish", "fr": "Espagnol", "es": "Español"}},
				{ID: "none", Label: i18n.Text{"en": "I will not speak", "fr": "Je n’interviendrai pas", "es": "No intervendré"}},
			},
		},
	}
}

// rehearsedKeep is how long after the rehearsal answers are kept that are needed for it alone.
const rehearsedKeep = 30 * 24 * time.Hour

// Notes by which the invitations with codes are known.
const (
	codePress  = "Press agencies"
	codeEditor = "Editor of the host city’s newspaper"
)

// makeCodes makes invitations that go by link or code, unless there are any.
func (p *past) makeCodes(ctx context.Context) error {
	e, err := p.here(ctx)
	if err != nil {
		return err
	}
	page, err := p.Delegates.Invitations(ctx, e, "", 1)
	if err != nil || len(page.Items) > 0 {
		return err
	}
	expired := e.DayOf(p.now.AddDate(0, 0, -codeExpired))
	last := e.FirstDay().AddDate(0, 0, -1).Format(time.DateOnly)
	for _, typed := range []delegate.TypedInvitation{
		{Note: codePress, Category: string(seeds.CategoryMedia), Uses: "20", Ends: last},
		{Note: codeEditor, Category: string(seeds.CategoryMedia), Uses: "1", Ends: last},
		{Note: "Partner universities, first round", Category: string(seeds.CategoryAcademia), Uses: "40", Ends: expired, Approved: true},
		{Note: "Youth councils of member cities", Category: string(seeds.CategoryYouth), Approved: true},
	} {
		if _, err := p.Delegates.MakeInvitation(ctx, e, typed); err != nil {
			return err
		}
	}
	mistaken, err := p.Delegates.MakeInvitation(ctx, e, delegate.TypedInvitation{Note: "Sponsors (sent to the wrong list)", Beyond: true})
	if err != nil {
		return err
	}
	_, err = p.Delegates.RevokeInvitation(ctx, e, mistaken.ID)
	return err
}

// code finds an invitation by its note.
func (p *past) code(ctx context.Context, note string) (found delegate.Invitation, err error) {
	err = p.Delegates.EachInvitation(ctx, p.event, func(i delegate.Invitation) error {
		if i.Note == note {
			found = i
		}
		return nil
	})
	return found, err
}

// Tags of the office.
const (
	tagPress    = "Press room"
	tagDinner   = "Mayors’ dinner"
	tagProtocol = "Protocol"
)

// remember has the office tag people and write down what nobody else sees.
func (p *past) remember() {
	p.office(14, "12:10", func(ctx context.Context) error {
		mayors, press := p.some(seeds.CategoryMayor, 14), p.some(seeds.CategoryMedia, 9)
		ministers := p.some(seeds.CategoryMinister, 6)
		for _, t := range []struct {
			tag    string
			people []delegate.Delegate
		}{{tagDinner, mayors}, {tagDinner, ministers}, {tagProtocol, ministers}, {tagPress, press}} {
			err := together(ctx, t.people, func(ctx context.Context, d delegate.Delegate) error {
				_, err := p.Delegates.Tag(ctx, d.ID, t.tag)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	p.office(6, "17:30", func(ctx context.Context) error {
		ministers, mayors := p.some(seeds.CategoryMinister, 2), p.some(seeds.CategoryMayor, 1)
		for i, d := range append(ministers, mayors...) {
			if err := p.note(ctx, d.ID, []string{
				"Comes with two people of security; the venue wants their names a week before.",
				"Speaks on the first morning only and leaves at noon.",
				"Asked for the floor plan of the mayors’ forum. Sent.",
			}[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// note writes down something about somebody of whom nothing is written yet.
func (p *past) note(ctx context.Context, id, text string) error {
	d, err := p.Delegates.Get(ctx, id)
	if err != nil {
		return err
	}
	notes, err := p.Delegates.Notes(ctx, d)
	if err != nil || len(notes) > 0 {
		return err
	}
	_, err = p.Delegates.AddNote(ctx, id, text)
	return err
}

// some are the first n confirmed of a category, by name.
func (p *past) some(category seeds.Category, n int) []delegate.Delegate {
	var list []delegate.Delegate
	for _, d := range p.confirmed {
		if d.Category == string(category) && len(list) < n {
			list = append(list, d)
		}
	}
	return list
}
