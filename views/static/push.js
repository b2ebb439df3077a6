// push.js lets a delegate have their letters shown by this browser, and end that.
const box = document.getElementById("push");
const form = box.querySelector("form");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function show(state) {
  for (const part of box.querySelectorAll("[data-state]")) {
    part.hidden = !part.dataset.state.split(" ").includes(state);
  }
  box.hidden = false;
}

// A key as the browser wants it, from base64url.
function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt(0));
}

function sameKey(subscription) {
  const key = subscription.options.applicationServerKey;
  const wanted = bytes(box.dataset.key);
  return key && key.byteLength === wanted.length && new Uint8Array(key).every((b, i) => b === wanted[i]);
}

async function send(path, fields) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(fields)) {
    body.set(name, value);
  }
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) {
    throw new Error(`answered with ${answer.status}`);
  }
}

// A subscription to another key, from before the secret changed, stands in the way.
async function allow(registration) {
  const old = await registration.pushManager.getSubscription();
  if (old && !sameKey(old)) {
    await old.unsubscribe();
  }
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key),
  });
  const { endpoint, keys } = subscription.toJSON();
  await send(form.action, { endpoint, key: keys.p256dh, auth: keys.auth });
  show("on");
}

// The subscription stays: another registration of the same person may use it.
async function stop(registration) {
  const subscription = await registration.pushManager.getSubscription();
  if (subscription) {
    await send(`${form.action}/stop`, { endpoint: subscription.endpoint });
  }
  localStorage.removeItem(form.action);
  show("off");
}

// The worker has to be active before it can subscribe.
async function registration() {
  await navigator.serviceWorker.register(box.dataset.worker, { scope: "/r/" });
  return navigator.serviceWorker.ready;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    if (event.submitter.value === "stop") {
      await stop(await registration());
      return;
    }
    if (await Notification.requestPermission() === "denied") {
      show("denied");
      return;
    }
    await allow(await registration());
    localStorage.setItem(form.action, "on");
  } catch (error) {
    console.error(error);
    show(Notification.permission === "denied" ? "denied" : "failed");
  }
});

// What is known here is told anew at each visit: browsers change addresses, and the
// program forgets those that were gone.
async function begin() {
  if (!able) {
    show("unable");
    return;
  }
  if (Notification.permission === "denied") {
    show("denied");
    return;
  }
  if (Notification.permission !== "granted" || localStorage.getItem(form.action) !== "on") {
    show("off");
    return;
  }
  try {
    await allow(await registration());
  } catch (error) {
    console.error(error);
    show("failed");
  }
}

begin();
