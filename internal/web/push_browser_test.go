package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"convene/internal/app"
	"convene/internal/outbox"
	"convene/internal/push/pushtest"
	"convene/internal/reminder"
	"convene/internal/web/browsertest"
)

// TestNotificationsInABrowser allows them on a phone, has a letter sent, hands the
// browser what the push service got, and reads what it shows. Only the browser's own
// push service is stood in for: it cannot be reached.
func TestNotificationsInABrowser(t *testing.T) {
	b := browsertest.Open(t, 390)
	at := pushtest.Start(t)
	h := newHouse(t, func(o *app.Options) { o.Push = at.Client() })
	d := h.confirmed(1)[0]
	h.letterTo(d, reminder.OccasionWeek, outbox.KindReminder)
	url := h.serve()
	own := url + "/r/" + h.app.Delegates.ManageToken(d) + "/letters"
	subscribed := standIn(b, at)

	b.Go(own)
	b.Until(`!document.querySelector("#push").hidden`)
	b.NoSideways()
	b.Shot("push-off")
	b.Do(browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted).WithOrigin(url))
	press(b, "allow")
	b.Until(`!document.querySelector('#push p[data-state="on"]').hidden`)
	b.Shot("push-on")
	if key := browsertest.Eval[string](b, "window.subscribedTo"); key != h.app.Push.PublicKey() {
		t.Errorf("the browser subscribed to the key %q", key)
	}

	h.letterTo(d, reminder.OccasionPractical, outbox.KindPractical)
	if err := h.app.Jobs.RunNow(t.Context(), "notifications"); err != nil {
		t.Fatal(err)
	}
	if n := len(at.Messages()); n != 1 {
		t.Fatalf("%d notifications came", n)
	}
	m := at.Messages()[0]
	b.Do(serviceworker.DeliverPushMessage(url, <-subscribed, string(m.Raw)))
	list := browsertest.Eval[[]string](b, `(async () => {
		const worker = await navigator.serviceWorker.getRegistration("/r/");
		let list = [];
		for (let i = 0; i < 100 && !list.length; i++) { // the worker shows it in its own time
			await new Promise((done) => setTimeout(done, 100));
			list = await worker.getNotifications();
		}
		return list.map((n) => [n.title, n.body, n.data, n.dir].join("|"));
	})()`)
	if want := strings.Join([]string{m.Title, m.Body, m.URL, "ltr"}, "|"); len(list) != 1 || list[0] != want {
		t.Errorf("the browser shows %q; want %q", list, want)
	}

	b.Go(own) // what was allowed is known, and told anew
	b.Until(`!document.querySelector('#push p[data-state="on"]').hidden`)
	press(b, "stop")
	b.Until(`!document.querySelector('#push p[data-state="off"]').hidden`)
	h.letterTo(d, reminder.OccasionThanks, outbox.KindNews)
	if err := h.app.Jobs.RunNow(t.Context(), "notifications"); err != nil {
		t.Fatal(err)
	}
	if n := len(at.Messages()); n != 1 {
		t.Errorf("%d notifications came after the stop", n)
	}
}

func press(b *browsertest.Browser, button string) {
	b.Do(chromedp.Click(fmt.Sprintf(`#push button[value=%q]`, button), chromedp.NodeVisible, chromedp.ByQuery))
}

// standIn gives the browser's pages a subscription with the test's push service. The
// channel tells the registration of the page's worker once there is one.
func standIn(b *browsertest.Browser, at *pushtest.Service) <-chan serviceworker.RegistrationID {
	script := fmt.Sprintf(`{
		const foreign = new Uint8Array([1, 2, 3]).buffer;
		let subscription = { options: { applicationServerKey: foreign }, unsubscribe: async () => { subscription = null; } };
		PushManager.prototype.getSubscription = async () => subscription;
		PushManager.prototype.subscribe = async (options) => {
			const worker = await navigator.serviceWorker.getRegistration("/r/");
			if (!worker.active) {
				throw new DOMException("no active Service Worker", "AbortError"); // as the browser says
			}
			const key = options.applicationServerKey;
			if (subscription && String(new Uint8Array(subscription.options.applicationServerKey)) !== String(key)) {
				throw new DOMException("another key", "InvalidStateError");
			}
			window.subscribedTo = btoa(String.fromCharCode(...key)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
			subscription = {
				endpoint: %[1]q, options: { applicationServerKey: key.buffer }, unsubscribe: async () => true,
				toJSON: () => ({ endpoint: %[1]q, keys: { p256dh: %[2]q, auth: %[3]q } }),
			};
			return subscription;
		};
	}`, at.Endpoint("phone"), at.Key(), at.Auth())
	registered := make(chan serviceworker.RegistrationID, 100)
	b.Listen(func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range e.Registrations {
				registered <- r.RegistrationID
			}
		}
	})
	b.Do(serviceworker.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
	return registered
}
