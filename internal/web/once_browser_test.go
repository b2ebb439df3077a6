package web_test

import (
	"testing"

	"convene/internal/web/browsertest"
)

// TestAFormIsSentOnce presses buttons as impatient fingers do: the same form goes out
// once, and another time when something in it has changed.
func TestAFormIsSentOnce(t *testing.T) {
	h := newHouse(t)
	b := browsertest.Open(t, browsertest.PhoneWidth)
	b.Go(h.serve() + "/e/rehearsal/register/link")
	sent := browsertest.Eval[[]int](b, `(() => {
		let sent = 0;
		const counts = [];
		addEventListener("submit", (event) => {
			if (!event.defaultPrevented) sent++;
			event.preventDefault(); // the page stays
		});
		const field = document.getElementById("email");
		const press = () => {
			field.form.querySelector("[type=submit], button").click();
			counts.push(sent);
		};
		field.value = "amina@example.org";
		press();
		press();
		field.value = "amina.diallo@example.org";
		press();
		return counts;
	})()`)
	if len(sent) != 3 || sent[0] != 1 || sent[1] != 1 || sent[2] != 2 {
		t.Errorf("after each of three presses the form was sent %v times; want 1, 1, 2", sent)
	}
}
