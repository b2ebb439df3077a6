package site_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/event"
)

func TestHomeTellsWhatComesAndWhatWas(t *testing.T) {
	w := readWeb(t)
	page := w.page("/")
	w.says(page, "h1", "UNESCO Global Network of Learning Cities")
	coming := page.Find("article.edition-body")
	if got := text(coming.First()); !strings.Contains(got, "Rehearsal 2026") || !strings.Contains(got, "21 days to go") ||
		!strings.Contains(got, "11–13 December 2026") || !strings.Contains(got, "Registration open until 10 Dec") {
		t.Errorf("the rehearsal is told as %q", got)
	}
	w.count(page, `article.edition-body a.button[href="/e/rehearsal/register"]`, 1)
	if got := text(coming.Last()); !strings.Contains(got, "7th International Conference") || !strings.Contains(got, "June 2027") ||
		!strings.Contains(got, "Days not set yet") {
		t.Errorf("the planned conference is told as %q", got)
	}
	years := texts(page.Find("li.past .edition-year"))
	if want := []string{"2024", "2021", "2019", "2017", "2015", "2013"}; !slices.Equal(years, want) {
		t.Errorf("past editions are of %v, want %v", years, want)
	}
	w.says(page, "li.past", "650+ participants", "95 countries", "12 award cities")
	w.says(page, ".figures", "425", "91")
	w.count(page, `a[href="/cities"] small`, 1)
}

func TestEventsKeepSeriesApart(t *testing.T) {
	w := readWeb(t)
	page := w.page("/events")
	for heading, want := range map[string]int{"Conferences held": 6, "Members’ meetings held": 1} {
		section := page.Find("section").FilterFunction(func(_ int, s *goquery.Selection) bool { return text(s.Find("h2")) == heading })
		if got := section.Find("li.past").Length(); got != want {
			t.Errorf("%q lists %d events, want %d", heading, got, want)
		}
	}
}

func TestEventOfThePast(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/iclc-2015")
	w.says(page, ".hero", "ICLC 2015", "2nd International Conference on Learning Cities", "Building Sustainable Learning Cities",
		"28–30 September 2015", "Mexico City (UTC−5)", "Mexico City, Mexico", "English, español, français")
	w.count(page, ".hero .countdown, .hero .pill, .hero a[href$=register]", 0)
	w.says(page, "section", "It had first been called for 7–9 May 2015.")
	w.says(page, ".figures", "650+", "1,400+", "64", "36")
	w.says(page, ".doubts", "Another source: more than 600", "Another source: 4")
	w.says(page, ".prose .facts", "Action points", "8", "3, to UNESCO", "3, by youth")
	w.says(page, ".prose", "adopted 30 September 2015 (day assumed)", "published 21 October 2015")
	w.says(page, "section", "Working strategies for a sustainable learning city", "Held instead", "Plenary session 3")
	w.says(page, ".pill", "assumed")
	w.count(page, `section .facts time`, 15) // sessions but for breaks
	w.count(page, `link[href^="/e/iclc-2015/accent.css"]`, 1)
	for _, mark := range texts(page.Find(".figures .doubt")) {
		if id := "#doubt-" + strings.TrimPrefix(mark, "?"); page.Find(id).Length() != 1 {
			t.Errorf("the mark %s has no note", mark)
		}
	}
}

// TestDisputedDates marks dates that sources differ about, wherever they stand.
func TestDisputedDates(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/iclc-2024")
	w.count(page, `.hero-facts a.doubt[href="#sources"]`, 1)
	w.says(page, "#sources", "2 December 2024")
	w.count(w.page("/e/iclc-2017"), ".hero-facts a.doubt", 0)
	for _, list := range []string{"/", "/events"} {
		w.count(w.page(list), `.inline-figures span:first-child > a.doubt[href="/e/iclc-2024#sources"]`, 1)
	}
	w.count(w.page("/events"), `.inline-figures a.doubt[href="/e/iclc-2015#sources"]`, 2) // participants and countries
}

func TestEventToCome(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/rehearsal")
	w.says(page, ".notice", "Rehearsal:")
	w.says(page, ".countdown", "21 days to go")
	w.says(page, ".hero .pill.open", "Registration open until 10 Dec")
	w.count(page, `.hero a.button.big[href="/e/rehearsal/register"]`, 1)
	w.count(page, `a[href="/e/rehearsal/calendar.ics"]`, 1)
	if got := texts(page.Find(".figures .computed dd")); !slices.Equal(got, []string{"650", "95", "35", "64", "36", "12"}) {
		t.Errorf("we counted %v", got)
	}
	w.count(page, `meta[name="robots"][content="noindex"]`, 1)

	planned := w.page("/e/iclc-2027")
	w.says(planned, ".hero-facts", "June 2027", "Not known yet")
	w.says(planned, ".hero .pill", "Days not set yet")
	w.count(planned, ".hero .countdown, .hero a[href$=ics], .tabs a", 1) // only the overview's tab
}

func TestDatesThatSourcesDispute(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/iclc-2024")
	w.says(page, ".hero-facts", "3–5 December 2024")
	w.says(page, ".facts", "Another source: 2 December 2024", "The host counts the opening ceremony")
}

func TestProgrammeByDay(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/rehearsal/programme")
	if got := texts(page.Find("section.day > h2")); !slices.Equal(got, []string{"Friday 11 December 2026", "Saturday 12 December 2026", "Sunday 13 December 2026"}) {
		t.Errorf("the days are %v", got)
	}
	w.says(page, ".page-head", "Mexico City (UTC−6)")
	w.says(page, ".notice", "Times and rooms are assumed.")
	w.count(page, ".session.plenary article, article.session.plenary", 3)
	w.count(page, "article.session.thematic", 3)
	w.count(page, "article.session.regional", 5)
	w.count(page, "article.session.mayors", 1)
	w.count(page, ".legend .session", 6)
	parallel := page.Find("#s-thematic-health").Closest(".slot")
	if parallel.Find("article").Length() != 3 {
		t.Errorf("%d sessions stand beside the forum on health, want 3 with it", parallel.Find("article").Length())
	}
	if got := text(parallel.Find(".slot-time")); got != "11:00 – 12:30" {
		t.Errorf("the slot's time is %q", got)
	}
	if got, _ := parallel.Find("time").First().Attr("datetime"); got != "2026-12-12T11:00-06:00" {
		t.Errorf("the machine-readable time is %q", got)
	}
	w.says(page, "#s-thematic-health .session-people", "Moderator:", "Rapporteur:")
	w.count(page, `#s-thematic-health .session-people a[href^="/e/rehearsal/speakers/"]`, 6)
	w.count(page, `.tabs a[aria-current="page"][href="/e/rehearsal/programme"]`, 1)
}

func TestProgrammeByRoom(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/rehearsal/programme?by=room")
	w.count(page, "table.rooms", 3)
	saturday := page.Find("table.rooms").Eq(1)
	if got := texts(saturday.Find("thead th")); !slices.Equal(got, []string{"Time", "Plenary Hall 750 seats", "Room 1 240 seats", "Room 2 240 seats", "Room 3 240 seats"}) {
		t.Errorf("the columns are %v", got)
	}
	row := saturday.Find("tbody tr").FilterFunction(func(_ int, s *goquery.Selection) bool { return text(s.Find("th")) == "11:00" })
	if row.Find("td").Length() != 4 || row.Find("td:empty").Length() != 1 {
		t.Errorf("at 11:00 there are %d cells, %d empty", row.Find("td").Length(), row.Find("td:empty").Length())
	}
	w.count(saturday, `td[colspan="4"] .session.break`, 2)
	w.count(page, `a.button[href="/e/rehearsal/programme"]`, 1)
	w.count(page, `.menu a[hreflang="fr"][href="/e/rehearsal/programme?by=room&lang=fr"]`, 1)
}

func TestSession(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/iclc-2015/sessions/thematic-health")
	w.says(page, "h1", "How learning cities can contribute to health and well-being")
	w.says(page, ".facts", "Tuesday 29 September 2015", "11:00 – 12:30", "Room 2", "Gabriel Chalita", "role assumed")
	w.says(page, ".source", "Time and room are assumed")
	w.says(page, ".prose", "harness the power of learning")
	w.count(page, ".parallel .session.thematic", 2)
	w.count(page, `.pager a[rel=prev][href$="/plenary-3"]`, 1)
	w.count(page, `.pager a[rel=next][href$="/mayors-forum"]`, 1)
	w.count(page, "a[href$=ics]", 0) // over

	first := w.page("/e/rehearsal/sessions/opening")
	w.count(first, ".pager a[rel=prev]", 0)
	w.count(first, `a[href="/e/rehearsal/sessions/opening/calendar.ics"]`, 1)
}

func TestSpeakersFiltered(t *testing.T) {
	w := readWeb(t)
	all := w.page("/e/rehearsal/speakers")
	w.count(all, "li.person", 64)
	w.count(all, `select[name="country"] option`, 37) // 36 and all
	duties := texts(all.Find(`select[name="duty"] option`))
	if want := []string{"All roles", "Host", "Moderator", "Speaker", "Panellist", "Rapporteur"}; !slices.Equal(duties, want) {
		t.Errorf("the roles are %v, want %v", duties, want)
	}

	mexico := w.page("/e/rehearsal/speakers?country=MX")
	people := mexico.Find("li.person")
	if people.Length() == 0 || people.Length() == 64 {
		t.Fatalf("%d people are from Mexico", people.Length())
	}
	people.Each(func(_ int, s *goquery.Selection) {
		if !strings.Contains(text(s), "Mexico") {
			t.Errorf("%q is not from Mexico", text(s))
		}
	})
	w.count(mexico, `select[name="country"] option[selected][value="MX"]`, 1)

	w.count(w.page("/e/rehearsal/speakers?duty=host"), "li.person", 1)
	w.says(w.page("/e/rehearsal/speakers?country=MX&duty=host"), "li.person .part", "Host")
	nobody := w.page("/e/rehearsal/speakers?country=VA")
	w.count(nobody, "li.person", 0)
	w.says(nobody, ".empty", "Nobody fits", "Show all")
	w.count(w.page("/e/rehearsal/speakers?country=nonsense&duty=juggler"), "li.person", 64)
}

func TestSpeaker(t *testing.T) {
	w := readWeb(t)
	href, _ := w.page("/e/rehearsal/speakers?duty=host").Find("li.person a").Attr("href")
	page := w.page(href)
	w.says(page, "h1", text(w.page("/e/rehearsal/speakers?duty=host").Find("li.person bdi")))
	w.says(page, ".session.mayors", "Mayors’ forum", "Host", "Saturday 12 December 2026, 14:00 – 16:00")
	w.says(page, ".lead", "works on")
	w.says(page, ".facts", "Mexico")
}

func TestCitiesFiltered(t *testing.T) {
	w := readWeb(t)
	all := w.page("/cities")
	w.count(all, "li.city", 37)
	w.says(all, ".pager", "37 cities with a portrait.")
	w.count(w.page("/cities?region=africa"), "li.city", 2)
	w.says(w.page("/cities?region=africa"), ".pager", "2 of 37 cities.", "Show all")

	award := w.page("/cities?award=2015")
	award.Find("li.city").Each(func(_ int, s *goquery.Selection) {
		if !strings.Contains(text(s), "2015") {
			t.Errorf("%q did not win the award of 2015", text(s))
		}
	})
	w.says(award, "li.city", "Beijing", "Cork", "Amman")
	any, both := w.page("/cities?award=any").Find("li.city").Length(), w.page("/cities?award=any&region=africa").Find("li.city").Length()
	if any <= award.Find("li.city").Length() || both != 1 {
		t.Errorf("%d cities won some award, %d of them in Africa", any, both)
	}
	w.says(w.page("/cities?challenge=ageing"), "li.city", "Beijing")
	w.says(w.page("/cities?region=africa&award=2017"), ".empty", "No city has all of these")
	w.count(w.page("/cities?region=atlantis&challenge=boredom&award=1999"), "li.city", 37)
}

func TestCityPortrait(t *testing.T) {
	w := readWeb(t)
	page := w.page("/cities/villa-maria")
	w.says(page, "h1", "Villa María")
	w.says(page, ".page-head", "Argentina", "UNESCO Learning City Award 2017")
	w.says(page, "table", "80,006", "2010", "36 km²", "US$ 32,384", "US$ 18,400", "for comparison")
	w.says(page, ".doubts", "hardly measured alike")
	w.count(page, "table .doubt", 1)
	w.says(page, ".tags", "Adult literacy", "Gender equality")
	w.count(page, `.tags a[href="/cities?challenge=gender-equality"]`, 1)
	w.says(page, ".prose", "Nearly everyone in Villa María can read and write", "surveys, existing data")
	w.says(page, ".facts", "Mayor of Villa María", "Martín Rodrigo Gill", "Gabriel Antonio Rios")
	w.says(page, ".action-list", "1st Members' Meeting")
	w.says(page, "#source-1", "portraits of participating cities")
	w.count(page, `table a[href="#source-1"]`, 4)
}

func TestCitiesOfAnEvent(t *testing.T) {
	w := readWeb(t)
	w.count(w.page("/e/members-meeting-2016/cities"), "li.city", 37)
	w.says(w.page("/e/members-meeting-2016/cities"), ".page-head", "37 member cities with a portrait took part.")
	w.says(w.page("/e/rehearsal/cities"), ".page-head", "35 member cities take part.")
	w.says(w.page("/e/iclc-2027/cities"), ".empty", "No city is listed yet")
}

func TestNutshellTellsReportedFromComputed(t *testing.T) {
	w := readWeb(t)
	past := w.page("/e/iclc-2015/nutshell")
	w.says(past, ".figures .reported", "650+", "95", "64", "36")
	w.says(past, ".source", "Expected beforehand: 500+ participants, 100+ countries.", "Our records hold only what sources name")
	w.count(past, ".figures .computed", 2) // speakers that sources name, and sessions
	w.count(past, "figure.chart", 1)       // cities: nobody registered through us
	w.says(past, "figure.chart", "Cities on record by region")
	w.says(past, "table", "speakers", "64", "regional forums", "5")

	rehearsal := w.page("/e/rehearsal/nutshell")
	w.count(rehearsal, ".figures .reported", 0)
	w.says(rehearsal, ".figures .computed", "650", "95", "64", "36", "12")
	w.count(rehearsal, "figure.chart svg title", 2)
	w.count(rehearsal, "figure.chart svg desc", 2)
	regions := rehearsal.Find("figure.chart").First()
	w.count(regions, "rect.bar", 5)
	w.count(regions, "tbody tr", 5)
	w.says(regions, "desc", "Europe and North America")
	w.count(rehearsal, "[style]", 0)

	if got := w.send(http.MethodGet, "/e/iclc-2027/nutshell", ""); got.StatusCode != http.StatusNotFound {
		t.Errorf("an event to come has a nutshell: status %d", got.StatusCode)
	}
}

func TestNetwork(t *testing.T) {
	w := readWeb(t)
	page := w.page("/network")
	w.count(page, "figure.chart circle", 9)
	w.says(page, "figure.chart desc", "From 115 on 23 August 2016 to 425 on 4 December 2025.")
	w.says(page, "table", "229", "told by the press only", "Another source: more than 150")
	w.count(page, "ol[start] li", 12)
	w.says(page, "#award-2015", "Melton", "Australia", "Swansea")
	w.count(page, `#award-2015 a[href="/cities/beijing"]`, 1)
	w.count(page, `#award-2015 a[href="/e/iclc-2015"]`, 1)
}

// some are the first of a list, enough to stand for all of them.
func some[T any](list []T) []T { return list[:min(len(list), 3)] }

// everyPage lists the public pages, for what must hold on all of them.
func everyPage(w *web) []string {
	paths := []string{"/", "/events", "/network", "/cities"}
	list, err := w.App.Events.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		base := "/e/" + e.Slug
		paths = append(paths, base, base+"/programme", base+"/programme?by=room", base+"/speakers", base+"/cities", base+"/statement", base+"/calendar.ics")
		if e.Rehearsal || e.Phase(w.now()) == event.Past {
			paths = append(paths, base+"/nutshell")
		}
		sessions, err := w.App.Programme.Sessions(w.t.Context(), e.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, s := range some(sessions) {
			paths = append(paths, base+"/sessions/"+s.Slug)
		}
		people, err := w.App.Programme.People(w.t.Context(), e.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, p := range some(people) {
			paths = append(paths, base+"/speakers/"+p.Slug)
		}
	}
	cities, err := w.App.Cities.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range some(cities) {
		paths = append(paths, "/cities/"+c.ID)
	}
	return paths
}

var (
	address = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.]+`)
	missing = regexp.MustCompile(`\b(site|tab|nav|problem|date)\.[a-z_]+(\.[a-z_-]+)*\b`)
)

func TestEveryPageInEveryLanguage(t *testing.T) {
	w := readWeb(t)
	paths := everyPage(w)
	for _, lang := range []string{"en", "fr", "es"} {
		for _, path := range paths {
			got := w.send(http.MethodGet, path, "", "Accept-Language", lang)
			if path == "/e/iclc-2027/calendar.ics" { // no days yet
				if got.StatusCode != http.StatusNotFound {
					t.Errorf("%s: status %d", path, got.StatusCode)
				}
				continue
			}
			if got.StatusCode != http.StatusOK {
				t.Errorf("%s in %s: status %d", path, lang, got.StatusCode)
				continue
			}
			if strings.HasSuffix(path, ".ics") {
				continue // identifiers look like addresses
			}
			if found := address.FindString(got.body); found != "" {
				t.Errorf("%s in %s shows the address %q", path, lang, found)
			}
			page := w.parse(got)
			page.Find("script, style").Remove()
			if found := missing.FindString(text(page)); found != "" {
				t.Errorf("%s in %s shows the key %q", path, lang, found)
			}
			if got, _ := page.Find("html").Attr("lang"); got != lang {
				t.Errorf("%s is in %q, want %s", path, got, lang)
			}
			if page.Find("h1").Length() != 1 {
				t.Errorf("%s in %s has %d h1", path, lang, page.Find("h1").Length())
			}
			ids := map[string]bool{}
			page.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("id")
				if ids[id] {
					t.Errorf("%s has the id %q twice", path, id)
				}
				ids[id] = true
			})
		}
	}
}

func TestOtherLanguages(t *testing.T) {
	w := readWeb(t)
	french := w.page("/e/rehearsal/programme?lang=fr")
	w.says(french, "section.day > h2", "Vendredi 11 décembre 2026")
	w.says(french, ".legend", "Plénière", "Forum des maires")
	w.says(french, ".notice", "supposées")
	if got := french.Find(`#s-thematic-health .about [lang="en"]`).Length(); got != 1 {
		t.Errorf("a text that is English only is marked %d times", got)
	}
	spanish := w.page("/e/iclc-2015?lang=es")
	w.says(spanish, "h1", "2.ª Conferencia Internacional sobre Ciudades del Aprendizaje")
	w.says(spanish, ".hero-facts", "28–30 de septiembre de 2015")
	w.says(w.page("/cities/villa-maria?lang=fr"), "table", "80 006", "32 384 $ US")
	w.says(w.page("/e/rehearsal/nutshell?lang=es"), "figure", "Delegados por región", "África")
}

func TestUnknownPages(t *testing.T) {
	w := readWeb(t)
	for _, path := range []string{
		"/e/nothing", "/e/nothing/programme", "/e/nothing/accent.css", "/e/iclc-2015/sessions/nothing",
		"/e/iclc-2015/speakers/nobody", "/cities/atlantis", "/e/nothing/statement", "/follow/nothing/confirm",
		"/e/iclc-2015/sessions/nothing/calendar.ics",
	} {
		got := w.send(http.MethodGet, path, "")
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, got.StatusCode)
		}
		if w.parse(got).Find(".problem-code").Text() != "404" {
			t.Errorf("%s answers no page that says 404", path)
		}
	}
}
