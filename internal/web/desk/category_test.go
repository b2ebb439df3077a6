package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"convene/internal/account"
)

const categoriesPath = "/desk/e/autumn/categories"

func TestCategoriesAtTheDesk(t *testing.T) {
	h := open(t)
	h.invent(2)
	b := h.as(account.Organiser)
	a := b.submit(b.open(categoriesPath+"/new"), "main form.form", url.Values{
		"name-en": {""}, "places": {"many"}, "opens": {"2026-09-20T09:00"}, "closes": {"2026-09-19T09:00"}, "colour": {"blue"}, "mode": {"invitation"}, "seen": {"invited"},
	})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %s", a.Status)
	}
	page := a.doc()
	for field, want := range map[string]string{"name-en": "Fill in", "places": "from 0", "closes": "before it opens", "colour": "#0a6e5c"} {
		wantText(t, page, "#"+field+"-error", want)
	}
	if page.Find("#places").AttrOr("value", "") != "many" || !page.Find("[name=mode][value=invitation]").Is("[checked]") {
		t.Error("what was typed is lost")
	}
	page = b.follow(b.submit(page, "main form.form", url.Values{
		"name-en": {"Donors"}, "places": {"3"}, "closes": {"2026-09-19T09:00"}, "colour": {"#0a6e5c"}, "mode": {"invitation"}, "seen": {"invited"},
	}))
	wantText(t, page, ".notice.good", "Donors is saved.")
	wantText(t, page, "tbody tr:last-child", "Donors 0 0 of 3 until 19 Sep, 09:00 By invitation The invited")
	if !page.Find("tbody tr:last-child .swatch").Is(".category-donors") {
		t.Error("its colour is not shown")
	}
	page = b.follow(b.submit(page, `form[action$="/donors/up"]`, nil))
	wantText(t, page, "tbody tr:nth-last-child(2)", "Donors")
	wantText(t, b.open(categoriesPath+"/donors"), "main", "it can be removed")
	page = b.follow(b.submit(b.open(categoriesPath+"/donors"), `form[action$="/remove"]`, nil))
	if page.Find(".category-donors").Length() != 0 {
		t.Error("it is still there")
	}

	// Somebody is registered in this one: it can only be hidden.
	d := h.person("Amina Yusuf")
	path := categoriesPath + "/" + d.Category
	if b.open(path).Find(`form[action$="/remove"]`).Length() != 0 {
		t.Error("a category with people in it can be removed")
	}
	values := b.proof()
	wantText(t, b.follow(b.send(http.MethodPost, path+"/remove", values)), ".notice.bad", "Hide it")
	page = b.follow(b.submit(b.open(path), `form[action$="/hide"]`, nil))
	wantText(t, page, ".pill.off", "Organisers only")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Category removed: donors")
}
