package desk

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/web/kit"
)

// settingsPage is desk/settings.html.
type settingsPage struct {
	kit.Frame
	Form  *kit.Form
	Path  string
	Usual string    // where answers go if the event has no address of its own
	Move  *kit.Form // to other days; nil: the event has begun

	Opening *kit.Form // of registration
	Times   string
	Listing *kit.Form // of participants

	Places     *kit.Form
	Categories string // the page with their limits

	Delegations       *kit.Form
	Transfer, WalkIns *kit.Form
	Walking           []kit.Option // categories in which people may be registered at the door
}

// settingsForms are the forms of the page. Only one of them is sent at a time.
type settingsForms struct{ opening, letters, places, listing, move, transfer, walkIns, delegations *kit.Form }

func formsOf(c *fiber.Ctx, e event.Event) settingsForms {
	return settingsForms{
		kit.NewForm(c, registrationValues(e)), kit.NewForm(c, settingsValues(e)), kit.NewForm(c, placesValues(e)), kit.NewForm(c, listingValues(e)),
		kit.NewForm(c, url.Values{"starts": {e.Starts}}), kit.NewForm(c, transferValues(e)), kit.NewForm(c, walkInValues(e)),
		kit.NewForm(c, delegationValues(e)),
	}
}

func placesValues(e event.Event) url.Values {
	r, values := e.Registration, url.Values{"capacity": {""}}
	if r.Capacity > 0 {
		values.Set("capacity", strconv.Itoa(r.Capacity))
	}
	if r.OfferHours > 0 {
		values.Set("offer_hours", strconv.Itoa(r.OfferHours))
	}
	return values
}

// Settings shows what the organisers have decided about the event: its letters, its
// places and its dates.
func (s *Pages) Settings(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderSettings(c, e, formsOf(c, e))
}

func settingsValues(e event.Event) url.Values {
	values := url.Values{"reply_to": {e.ReplyTo}, "survey_link": {e.SurveyLink}}
	if e.FourEyes {
		values.Set("four_eyes", "on")
	}
	return values
}

// SettingsSave keeps what they decide about letters.
func (s *Pages) SettingsSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.Configure(c.UserContext(), e.ID, func(now event.Event) (event.Settings, error) {
		merged, err := form.Onto(settingsValues(now), nil)
		return event.Settings{
			ReplyTo: merged.Value("reply_to"), SurveyLink: merged.Value("survey_link"), FourEyes: merged.Checked("four_eyes"),
		}, err
	})
	return s.settingsSaved(c, e, form, err, "settings.saved", func(f *settingsForms) { f.letters = form })
}

// settingsSaved answers whoever has sent one of the page's forms, which put sets in its
// place if it comes back.
func (s *Pages) settingsSaved(c *fiber.Ctx, e event.Event, form *kit.Form, err error, saved string, put func(*settingsForms)) error {
	if status, refused := s.refused(c, e, form, "event/"+e.ID, err); refused {
		forms := formsOf(c, e)
		put(&forms)
		return s.renderSettings(c.Status(status), e, forms)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, saved)
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
}

// PlacesSave keeps how many may take part.
func (s *Pages) PlacesSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LimitPlaces(c.UserContext(), e.ID, func(now event.Event) (event.TypedPlaces, error) {
		merged, err := form.Onto(placesValues(now), nil)
		return event.TypedPlaces{Capacity: merged.Value("capacity"), OfferHours: merged.Value("offer_hours")}, err
	})
	return s.settingsSaved(c, e, form, err, "settings.saved_places", func(f *settingsForms) { f.places = form })
}

func listingValues(e event.Event) url.Values {
	values := url.Values{"listed_for": {string(e.Listing.For)}}
	for _, field := range e.Listing.Fields {
		values.Add("listed_fields", string(field))
	}
	return values
}

// ListingSave keeps who may read the list of participants, and what it tells.
func (s *Pages) ListingSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.Publish(c.UserContext(), e.ID, func(now event.Event) (event.Listing, error) {
		merged, err := form.Onto(listingValues(now), nil)
		listing := event.Listing{For: event.ListedFor(merged.Value("listed_for"))}
		for _, field := range merged.Values["listed_fields"] {
			listing.Fields = append(listing.Fields, event.ListedField(field))
		}
		return listing, err
	})
	return s.settingsSaved(c, e, form, err, "listing.desk.saved", func(f *settingsForms) { f.listing = form })
}

// ListedFor offers who may read the list.
func (page settingsPage) ListedFor() []kit.Option {
	var list []kit.Option
	for _, who := range event.ListedForWhom {
		key := "nobody"
		if who != event.ListedForNobody {
			key = string(who)
		}
		list = append(list, kit.Option{Value: string(who), Label: page.T("listing.desk.for." + key), Note: page.T("listing.desk.note." + key)})
	}
	return list
}

// ListedFields offers what it can tell.
func (page settingsPage) ListedFields() []kit.Option {
	var list []kit.Option
	for _, field := range event.ListedFields {
		list = append(list, kit.Option{Value: string(field), Label: page.T("board.field." + string(field))})
	}
	return list
}

// EventMove gives the event another first day.
func (s *Pages) EventMove(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	to, err := s.app.Programme.Move(c.UserContext(), e.ID, form.Value("starts"))
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.move = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	kit.Flash(c, kit.Good, "settings.moved", "Dates", p.DateRange(to.FirstDay(), to.LastDay()))
	return c.Redirect(deskPath(to, kit.DeskSettings), fiber.StatusSeeOther)
}

func (s *Pages) renderSettings(c *fiber.Ctx, e event.Event, forms settingsForms) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskSettings, p.T("settings.title"))
	if err != nil {
		return err
	}
	forms.letters.Labels = map[string]string{"reply_to": p.T("settings.reply_to"), "survey_link": p.T("settings.survey_link"), "four_eyes": p.T("settings.four_eyes")}
	forms.move.Labels = map[string]string{"starts": p.T("settings.starts")}
	usual := s.app.Config.SMTP.ReplyTo.Address
	if usual == "" {
		usual = s.app.Config.SMTP.From.Address
	}
	page := settingsPage{
		Frame: frame, Form: forms.letters, Path: deskPath(e, kit.DeskSettings), Usual: usual,
		Opening: forms.opening, Times: s.clock(frame.Printer, &e).zoneNote(&e),
		Places: forms.places, Listing: forms.listing, Categories: deskPath(e, kit.DeskCategories),
		Transfer: forms.transfer, WalkIns: forms.walkIns, Walking: walking(p, e), Delegations: forms.delegations,
	}
	forms.opening.Labels = map[string]string{}
	for _, field := range []string{"enabled", "opens", "closes", "approval"} {
		forms.opening.Labels[field] = p.T("settings.opening." + field)
	}
	forms.delegations.Labels = map[string]string{"delegation": p.T("settings.delegation"), "focal_approval": p.T("settings.focal_approval")}
	forms.walkIns.Labels = map[string]string{"category": p.T("walk_in.settings")}
	forms.listing.Labels = map[string]string{"listed_for": p.T("listing.desk.title"), "listed_fields": p.T("listing.desk.fields")}
	forms.transfer.Labels = map[string]string{"transfer_until": p.T("transfer.until")}
	forms.places.Labels = map[string]string{"capacity": p.T("settings.capacity"), "offer_hours": p.T("settings.offer_hours")}
	if e.Phase(s.app.Clock()) == event.Coming {
		page.Move = forms.move
	}
	return kit.Render(c, "desk/settings", page)
}
