package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"convene/internal/delegate"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/browsertest"
)

// ask gives the rehearsal questions in two languages.
func (h *house) ask() {
	h.t.Helper()
	label := func(en, fr string) i18n.Text { return i18n.Text{"en": en, "fr": fr} }
	for _, q := range []form.Question{
		{ID: "travel", Kind: form.One, Label: label("How will you travel?", "Comment venez-vous\u00a0?"), Required: true, Options: []form.Option{
			{ID: "train", Label: label("By train", "En train")}, {ID: "plane", Label: label("By plane", "En avion")},
		}},
		{ID: "flight", Kind: form.Text, Label: label("Which flight?", "Quel vol\u00a0?"), Required: true, If: &form.Condition{Question: "travel", Is: []string{"plane"}}},
		{ID: "diet", Kind: form.Several, Label: label("What do you not eat?", "Que ne mangez-vous pas\u00a0?"), Options: []form.Option{
			{ID: "meat", Label: label("Meat", "Viande")}, {ID: "fish", Label: label("Fish", "Poisson")}, {ID: "milk", Label: label("Milk", "Lait")},
		}},
		{ID: "press", Kind: form.Text, Label: label("Number of your press card", "Numéro de votre carte de presse"), Categories: []string{"media"}, Required: true},
		{ID: "letter", Kind: form.File, Label: label("Letter of your city", "Lettre de votre ville"), Endings: []string{".pdf", ".txt"}, Most: 2},
		{ID: "shirt", Kind: form.Number, Label: label("Size of shirt", "Taille"), Asked: form.Later, Min: "30", Max: "60"},
	} {
		if q.Asked == "" {
			q.Asked = form.AtRegistration
		}
		if _, err := h.app.Forms.Save(h.t.Context(), h.event.ID, q); err != nil {
			h.t.Fatal(err)
		}
	}
}

// TestRegisteringInTwoLanguages answers an event's questions in French on a phone and
// in English on a desktop: what is not asked does not show, and what is wrong is told
// beside the field with nothing lost.
func TestRegisteringInTwoLanguages(t *testing.T) {
	h := newHouse(t)
	h.ask()
	url := h.serve()
	for _, tt := range []struct {
		lang          string
		width         int
		email, flight string
		fault, thanks string
	}{
		{"fr", browsertest.PhoneWidth, "nadia@example.org", "Quel vol", "Remplissez ce champ", "Votre place est confirmée"},
		{"en", browsertest.DesktopWidth, "noor@example.org", "Which flight?", "Fill in this field", "Your place is confirmed"},
	} {
		t.Run(tt.lang, func(t *testing.T) {
			b := browsertest.Open(t, tt.width)
			b.Go(url + registerPath + "?lang=" + tt.lang)
			b.NoSideways()
			shown := func(id string) bool {
				return browsertest.Eval[bool](b, `document.querySelector('[name="q-`+id+`"]').offsetParent !== null`)
			}
			if shown("flight") || shown("press") {
				t.Error("questions that nobody asks yet are shown")
			}
			b.Type("#name", "Nadia Okafor")
			b.Type("#organisation", "Nairobi")
			b.Type("#email", tt.email)
			b.Do(chromedp.SetValue("#language", tt.lang, chromedp.ByQuery), chromedp.SetValue("#country", "KE", chromedp.ByQuery))
			b.Do(chromedp.Click(`[name="category"][value="academia"]`, chromedp.ByQuery), chromedp.Click(`[name="q-travel"][value="plane"]`, chromedp.ByQuery))
			if !shown("flight") || shown("press") {
				t.Error("the flight is to be asked of who flies, and the press card of nobody else")
			}
			b.Do(chromedp.Click(`[name="q-diet"][value="fish"]`, chromedp.ByQuery), chromedp.Click("#consent", chromedp.ByQuery))
			b.Do(chromedp.SetUploadFiles("#q-letter", []string{sample(t)}, chromedp.ByQuery))
			b.Shot("questions-" + tt.lang)
			b.Click("main form button.primary")
			if text := b.Text("#q-flight-error"); !strings.Contains(text, tt.fault) {
				t.Errorf("beside the flight stands %q", text)
			}
			b.Shot("questions-fault-" + tt.lang)
			if browsertest.Eval[string](b, `document.getElementById("name").value`) != "Nadia Okafor" || !strings.Contains(b.Text("main form"), "letter.txt") {
				t.Error("something that was typed or sent is lost")
			}
			b.Type("#q-flight", "XY 123")
			b.Click("main form button.primary")
			d := h.delegateWith(tt.email)
			b.Go(url + "/verify/" + h.app.Delegates.VerifyToken(d, d.VerifySerial))
			b.Click("main form button")
			page := b.Text("main")
			for _, want := range []string{tt.thanks, tt.flight, "XY 123", "letter.txt"} {
				if !strings.Contains(page, want) {
					t.Errorf("the registration does not tell %q", want)
				}
			}
			b.Shot("questions-answered-" + tt.lang)
			b.Go(browsertest.Eval[string](b, "location.href") + "/edit")
			b.NoSideways()
			b.Shot("questions-edit-" + tt.lang)
			if !shown("shirt") || !shown("flight") {
				t.Error("what is asked later, and what was answered, is to be shown")
			}
		})
	}
}

func sample(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(path, []byte("The city sends its vice-mayor."), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (h *house) delegateWith(email string) delegate.Delegate {
	h.t.Helper()
	found, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil || len(found.Items) != 1 {
		h.t.Fatalf("%d registrations of %s, %v", len(found.Items), email, err)
	}
	return found.Items[0]
}
