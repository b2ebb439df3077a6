package letter

import (
	"context"
	"fmt"
	"strings"

	"convene/internal/delegate"
	"convene/internal/i18n"
)

// linkList is the placeholder of a list of links, which is Markdown already.
const linkList = "LinkList"

// gatherLinks lists the own pages of everybody who is registered under the letter's
// address. As an example, the letter has those of one person.
func (w *writer) gatherLinks(ctx context.Context) error {
	people, err := w.Delegates.Under(ctx, w.letter.Event, w.letter.To.Email)
	if w.letter.Person != "" {
		var d delegate.Delegate
		d, err = w.Delegates.Get(ctx, w.letter.Person)
		people = []delegate.Delegate{d}
	}
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, d := range people {
		name := escape(i18n.Isolate(d.Name, Direction(w.text.lang)))
		fmt.Fprintf(&list, "- [%s](%s)\n", name, w.personal("/r/", w.Delegates.ManageToken(d), ""))
	}
	w.facts[linkList] = list.String()
	return nil
}

// gatherGroup tells how many people a group's contact has to confirm. As an example,
// it is one.
func (w *writer) gatherGroup(ctx context.Context) error {
	w.facts["VerifyLink"], w.facts["People"] = w.BaseURL+"/g/"+hidden, w.print.N("letter.people", 1)
	id := w.letter.Data["group_form"]
	if id == "" {
		return nil
	}
	g, err := w.Delegates.GroupByID(ctx, id)
	if err != nil {
		return err
	}
	w.facts["VerifyLink"] = w.personal("/g/", w.Delegates.GroupToken(g), "")
	w.facts["People"] = w.print.N("letter.people", max(len(g.People), len(g.Members)))
	return nil
}
