package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"convene/internal/form"
	"convene/internal/web/browsertest"
)

// TestAQuestionIsWrittenAndSeen has an organiser write a question with options in two
// languages, asked after a certain answer, and look at the form as others see it.
func TestAQuestionIsWrittenAndSeen(t *testing.T) {
	h := newHouse(t)
	url := h.serve()
	words := form.Words{Catalogue: h.app.Catalogue, Languages: h.event.Languages, Over: h.event.Over()}
	if _, err := h.app.Forms.AddPreset(t.Context(), h.event.ID, form.Visa, words); err != nil {
		t.Fatal(err)
	}
	for name, width := range map[string]int{"phone": browsertest.PhoneWidth, "desktop": browsertest.DesktopWidth} {
		t.Run(name, func(t *testing.T) {
			b := browsertest.Open(t, width)
			w := &evening{house: h, b: b, url: url}
			w.signInHere()
			const questions = "/desk/e/rehearsal/questions"

			b.Go(w.url + questions + "/new?kind=several")
			b.NoSideways()
			shown := func(selector string) bool {
				return browsertest.Eval[bool](b, `!!document.querySelector('`+selector+`')?.offsetParent`)
			}
			if shown("[data-answers]") {
				t.Error("answers are offered before a question is chosen")
			}
			b.Do(chromedp.Evaluate(`for (const [name, words] of Object.entries({
				"label-en": "Which papers (`+name+`)?", "label-fr": "Quels papiers (`+name+`) ?",
				"option-0-en": "A passport", "option-0-fr": "Un passeport", "option-1-en": "A residence permit", "option-1-fr": "Un titre de séjour",
				"option-2-en": "A visa", "option-2-fr": "Un visa",
			})) document.querySelector("[name=" + name + "]").value = words`, nil))
			b.Do(chromedp.Click("[data-more]", chromedp.ByQuery))
			w.set(`[name="option-3-en"]`, "None")
			w.set(`[name="option-3-fr"]`, "Aucun")
			b.Do(chromedp.Click(`[value="option-up 3"]`, chromedp.ByQuery)) // before the visa
			b.Do(chromedp.SetValue("#if", "visa_letter", chromedp.ByQuery), chromedp.Evaluate(`document.getElementById("if").dispatchEvent(new Event("change"))`, nil))
			if !shown(`[data-answers="visa_letter"]`) {
				t.Error("the answers of the chosen question are not offered")
			}
			b.Do(chromedp.Click(`[name="if-visa_letter"][value="yes"]`, chromedp.ByQuery))
			b.Shot("setup-question-" + name)
			b.Click("main form.form .button.primary")
			b.NoSideways()
			b.Shot("setup-list-" + name)

			for lang, want := range map[string][]string{
				"en": {"Which papers (" + name + ")?", "A passport", "A residence permit", "None", "A visa"},
				"fr": {"Quels papiers (" + name + ") ?", "Un passeport", "Un titre de séjour", "Aucun", "Un visa"},
			} {
				b.Go(w.url + questions + "/preview?category=mayor&language=" + lang)
				b.NoSideways()
				asked := `[name="q-which_papers_` + name + `"]`
				if shown(asked) {
					t.Error("it is shown before the answer that it depends on")
				}
				b.Do(chromedp.Click(`[name="q-visa_letter"][value="yes"]`, chromedp.ByQuery))
				words := b.Text("#q-which_papers_" + name)
				for _, text := range want {
					at := strings.Index(words, text)
					if at < 0 {
						t.Errorf("in %s the form lacks %q, or has it too early: %q", lang, text, words)
						continue
					}
					words = words[at:]
				}
				b.Shot("setup-preview-" + name + "-" + lang)
				b.Do(chromedp.SendKeys("#name", "Nadia\r", chromedp.ByQuery)) // which sends nothing
				if got := browsertest.Eval[string](b, "location.pathname"); got != questions+"/preview" {
					t.Errorf("the look at the form leads to %s", got)
				}
			}
		})
	}
}
