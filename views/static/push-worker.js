// push-worker.js shows letters as they arrive, also while no page is open.
self.addEventListener("push", (event) => {
  const note = event.data.json();
  event.waitUntil(self.registration.showNotification(note.title, {
    body: note.body, tag: note.tag, lang: note.lang, dir: note.dir, icon: "/static/favicon.svg", data: note.url,
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function open(url) {
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (page.url === url) {
      return page.focus();
    }
  }
  return self.clients.openWindow(url);
}
