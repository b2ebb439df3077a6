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

	Listing *kit.Form // of participants

	Places     *kit.Form
	Categories string // the page with their limits

	Delegations       *kit.Form
	Transfer, WalkIns *kit.Form
	Walking           []kit.Option // categories in which people may be registered at the door
}

// settingsForms are the forms of the page. Only one of them is sent at a time.
type settingsForms struct{ letters, places, listing, move, transfer, walkIns, delegations *kit.Form }

func formsOf(c *fiber.Ctx, e event.Event) settingsForms {
	return settingsForms{
		kit.NewForm(c, settingsValues(e)), kit.NewForm(c, placesValues(e)), kit.NewForm(c, listingValues(e)), kit.NewForm(c, url.Values{"starts": {e.Starts}}),
		kit.NewForm(c, url.Values{"transfer_until": {e.TransferDay()}}), kit.NewForm(c, nil),
		kit.NewForm(c, delegationValues(e)),
	}
}

func placesValues(e event.Event) url.Values {
	r, values := e.Registration, url.Values{}
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
	_, err = s.app.Events.Configure(c.UserContext(), e.ID, event.Settings{
		ReplyTo: form.Value("reply_to"), SurveyLink: form.Value("survey_link"), FourEyes: form.Checked("four_eyes"),
	})
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.letters = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "settings.saved")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
}

// PlacesSave keeps how many may take part.
func (s *Pages) PlacesSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LimitPlaces(c.UserContext(), e.ID, event.TypedPlaces{Capacity: form.Value("capacity"), OfferHours: form.Value("offer_hours")})
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.places = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "settings.saved_places")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
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
	listing := event.Listing{For: event.ListedFor(form.Value("listed_for"))}
	for _, field := range form.Values["listed_fields"] {
		listing.Fields = append(listing.Fields, event.ListedField(field))
	}
	_, err = s.app.Events.Publish(c.UserContext(), e.ID, listing)
	if form.Refused(err) {
		forms := formsOf(c, e)
		forms.listing = form
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, forms)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "listing.desk.saved")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
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
	forms.letters.Labels = map[string]string{"reply_to": p.T("settings.reply_to"), "survey_link": p.T("settings.survey_link")}
	forms.move.Labels = map[string]string{"starts": p.T("settings.starts")}
	usual := s.app.Config.SMTP.ReplyTo.Address
	if usual == "" {
		usual = s.app.Config.SMTP.From.Address
	}
	page := settingsPage{
		Frame: frame, Form: forms.letters, Path: deskPath(e, kit.DeskSettings), Usual: usual,
		Places: forms.places, Listing: forms.listing, Categories: deskPath(e, kit.DeskCategories),
		Transfer: forms.transfer, WalkIns: forms.walkIns, Walking: walking(p, e), Delegations: forms.delegations,
	}
	forms.delegations.Labels = map[string]string{"delegation": p.T("settings.delegation")}
	forms.transfer.Labels = map[string]string{"transfer_until": p.T("transfer.until")}
	forms.places.Labels = map[string]string{"capacity": p.T("settings.capacity"), "offer_hours": p.T("settings.offer_hours")}
	if e.Phase(s.app.Clock()) == event.Coming {
		page.Move = forms.move
	}
	return kit.Render(c, "desk/settings", page)
}
