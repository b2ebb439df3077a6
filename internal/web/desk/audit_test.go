package desk_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
)

func TestAudit(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	b.submit(b.open(list+"/"+d.ID), "form[action$='/approve']", nil)
	page := b.open("/desk/e/autumn/audit")
	wantText(t, page, ".trail li:first-child", "18 Sep, 09:42 Confirmed: Amina Yusuf · Awaiting approval → Confirmed Organiser")
	if got := page.Find(".trail li:first-child a").AttrOr("href", ""); got != list+"/"+d.ID {
		t.Errorf("the subject is at %s", got)
	}
	wantText(t, page, ".trail", "Registered: Amina Yusuf · Unverified the delegate, by their own link")
	all := b.open("/desk/audit")
	wantText(t, all, ".trail", "The conference of autumn")
	wantText(t, all, ".trail", "Account created · organiser")
	wantText(t, all, ".trail li:first-child", "18 Sep, 15:42") // UTC
}

func TestAuditPages(t *testing.T) {
	h := open(t)
	h.invent(120)
	b := h.as(account.Organiser)
	seen, pages := 0, 0
	for target := "/desk/e/autumn/audit"; target != ""; pages++ {
		page := b.open(target)
		seen += page.Find(".trail li").Length()
		target = page.Find(".pager a[rel=next]").AttrOr("href", "")
	}
	if seen != 121 || pages != 3 { // and the event's own
		t.Errorf("%d entries on %d pages", seen, pages)
	}
}

// Every action that the program records has its words.
func TestActionsHaveWords(t *testing.T) {
	h := open(t)
	h.addStatement()
	h.person("Amina Yusuf")
	page := h.as(account.Organiser).open("/desk/audit")
	page.Find(".trail li p:first-child").Each(func(_ int, s *goquery.Selection) {
		if word := text(s); len(word) > 0 && (word[0] < 'A' || word[0] > 'Z') {
			t.Errorf("%q is no words", word)
		}
	})
}
