package i18n_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"convene/internal/i18n"
	"convene/views"
)

func load(t *testing.T) *i18n.Catalogue {
	t.Helper()
	c, err := i18n.Load(views.FS, "messages", []string{"en", "fr", "es"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextFallsBack(t *testing.T) {
	t.Parallel()
	text := i18n.Text{"en": "city", "fr": "ville", "zh": "城市"}
	for _, tt := range []struct {
		languages []string
		want      string
	}{
		{[]string{"fr"}, "ville"}, {[]string{"fr-CA"}, "ville"}, {[]string{"zh-Hans-CN"}, "城市"},
		{[]string{"es"}, "city"}, {[]string{"es", "fr"}, "ville"}, {nil, "city"}, {[]string{"not a tag"}, "city"},
	} {
		if got := text.In(tt.languages...); got != tt.want {
			t.Errorf("In(%v) = %q; want %q", tt.languages, got, tt.want)
		}
	}
	if got := (i18n.Text{"pt": "cidade", "en": ""}).In("fr"); got != "cidade" {
		t.Errorf("without English: %q; want what there is", got)
	}
	if !(i18n.Text{"en": ""}).Empty() || text.Empty() {
		t.Error("Empty is wrong")
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"ar": "rtl", "he": "rtl", "fa": "rtl", "ur-PK": "rtl", "dv": "rtl", "en": "ltr", "zh-Hant": "ltr", "": "ltr"} {
		if got := i18n.Direction(lang); got != want {
			t.Errorf("Direction(%q) = %s; want %s", lang, got, want)
		}
	}
}

func TestIsolate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, direction, want string }{
		{"Amina Haddad", "ltr", "Amina Haddad"},
		{"Amina Haddad", "rtl", "\u2068Amina Haddad\u2069"},
		{"أمينة حداد", "rtl", "أمينة حداد"},
		{"أمينة حداد", "ltr", "\u2068أمينة حداد\u2069"},
		{"31 May 2027", "rtl", "\u206831 May 2027\u2069"},
		{"2027-05-31, 18:00", "rtl", "2027-05-31, 18:00"},
		{"ICLC פריז", "ltr", "\u2068ICLC פריז\u2069"},
		{"", "rtl", ""},
	} {
		if got := i18n.Isolate(test.text, test.direction); got != test.want {
			t.Errorf("%q in %s is %q; want %q", test.text, test.direction, got, test.want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	c := load(t)
	for header, want := range map[string]string{
		"fr-CH, fr;q=0.9, en;q=0.8": "fr", "es-MX": "es", "de, es;q=0.5": "es", "sw": "en", "": "en", ";;;": "en", "*": "en",
	} {
		if got := c.Match(header); got != want {
			t.Errorf("Match(%q) = %s; want %s", header, got, want)
		}
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"m/en.yaml": {Data: []byte("a: A\n")}, "m/fr.yaml": {Data: []byte("a: [broken")}}
	for _, languages := range [][]string{{"en", "de"}, {"en", "fr"}, nil, {"en", "not a tag"}} {
		if _, err := i18n.Load(files, "m", languages); err == nil {
			t.Errorf("Load of %v succeeds", languages)
		}
	}
	c, err := i18n.Load(files, "m", []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.For("en").T("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing message shows %q; want its key", got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	c := load(t)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct{ lang, from, to, want string }{
		{"en", "2015-09-28", "2015-09-30", "28–30 September 2015"},
		{"fr", "2015-09-28", "2015-09-30", "28–30 septembre 2015"},
		{"es", "2015-09-28", "2015-09-30", "28–30 de septiembre de 2015"},
		{"en", "2024-12-30", "2025-01-02", "30 December 2024 – 2 January 2025"},
		{"en", "2021-09-30", "2021-10-02", "30 September – 2 October 2021"},
		{"en", "2016-11-15", "2016-11-15", "15 November 2016"},
	} {
		if got := c.For(tt.lang).DateRange(day(tt.from), day(tt.to)); got != tt.want {
			t.Errorf("%s: %q; want %q", tt.lang, got, tt.want)
		}
	}
	for zone, want := range map[string]string{
		"America/Mexico_City": "28 September 2015, 04:30 CDT", "Europe/Dublin": "28 September 2015, 10:30 IST",
		"Asia/Riyadh": "28 September 2015, 12:30 UTC+3", "Asia/Kathmandu": "28 September 2015, 15:15 UTC+5:45",
		"America/Bogota": "28 September 2015, 04:30 UTC−5",
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2015, 9, 28, 9, 30, 0, 0, time.UTC).In(loc)
		if got := c.For("en").DateTime(at); got != want {
			t.Errorf("%s: %q; want %q", zone, got, want)
		}
	}
}

func TestNumbersAndNames(t *testing.T) {
	t.Parallel()
	c := load(t)
	for lang, want := range map[string]string{"en": "21,705,000", "fr": "21\u00a0705\u00a0000", "es": "21.705.000"} {
		if got := c.For(lang).Number(21705000); got != want {
			t.Errorf("%s: %q; want %q", lang, got, want)
		}
	}
	for _, tt := range []struct{ lang, code, want string }{
		{"fr", "DE", "Allemagne"}, {"en", "KR", "Republic of Korea"}, {"es", "TR", "Türkiye"}, {"en", "??", "??"},
	} {
		if got := c.For(tt.lang).Country(tt.code); got != tt.want {
			t.Errorf("%s in %s: %q; want %q", tt.code, tt.lang, got, tt.want)
		}
	}
	countries := c.For("es").Countries()
	if len(countries) < 240 {
		t.Errorf("%d countries", len(countries))
	}
	index := func(code string) int {
		return slices.IndexFunc(countries, func(n i18n.Named) bool { return n.Code == code })
	}
	// Ñ and accents in their places: Afganistán, Alemania, …, España, … Zimbabue.
	if !(index("AF") < index("DE") && index("DE") < index("ES") && index("ES") < index("ZW")) || index("AN") >= 0 {
		t.Error("countries are not in the order of the Spanish alphabet")
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"  José   Álvarez ": "jose alvarez", "SØNDERBORG": "sonderborg", "İstanbul": "istanbul", "Straße": "strasse",
		"Łódź": "lodz", "ﬁnance": "finance", "Ελλάδα": "ελλαδα", "王小明": "王小明", "محمّد": "محمد", "فاطمة": "فاطمه", "علی": "علي", "مـحـمـد": "محمد", "ＡＢＣ": "abc",
	} {
		if got := i18n.Fold(typed); got != want {
			t.Errorf("Fold(%q) = %q; want %q", typed, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"Anne-Marie O'Neill": {"anne", "marie", "o", "neill", "oneill"},
		"王小明":                {"王小明", "小明", "明"},
		"김 민준":               {"김", "민준", "준"},
		"":                   nil,
	} {
		if got := i18n.Words(name); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q; want %q", name, got, want)
		}
	}
}
