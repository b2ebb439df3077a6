// door.js makes the door quick: a code is judged without a new page, whether a
// reader typed it, the camera saw it, or somebody wrote it. Without this script
// the form works all the same, one page a scan.

const form = document.getElementById("scan");
const input = document.getElementById("code");
const screen = document.getElementById("verdict");
const busy = document.getElementById("checking");
const main = document.querySelector(".door-main");

// How long a green verdict stays when nobody presses "next", and when somebody
// waits behind. The other verdicts stay until a person has seen them.
const greenStays = 2500;
const greenStaysAtLeast = 1000;

// How long one try may take, and the pauses before the next tries.
const patience = 4000;
const retries = [500, 1500];

// Keys that follow each other faster belong together: a reader types far faster.
const burst = 1000;

// How long a scan without an answer may be repeated as the same scan. Later the
// badge may be in other hands.
const remembered = 10 * 60_000;

const waiting = []; // codes read while another one was judged or shown
const unanswered = new Map(); // from codes to the ids of scans that nobody answered
let checking = ""; // the code that is being judged
let typed = ""; // the beginning of a code that a verdict has come upon
let lastKey = -Infinity;
let shownAt = 0;
let timer;

// ------------------------------------------------------------------ the keys

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = input.value;
  input.value = ""; // at once: the next code may begin before this one is judged
  take(code);
});

// A reader types wherever the focus happens to be, and whatever is shown.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const together = event.timeStamp - lastKey < burst;
  lastKey = event.timeStamp;
  if (!screen.hidden) keyOverVerdict(event, together);
  else if (event.key.length === 1) keyToInput(event);
});

function keyToInput(event) {
  if (event.target instanceof HTMLInputElement) return;
  if (event.key === " " && event.target.closest("a, button")) return;
  input.focus({ preventScroll: true });
}

function keyOverVerdict(event, together) {
  if (event.key === "Enter") {
    event.preventDefault();
    // Some readers end a code with two: the second must not hide what the first has brought.
    if (typed) takeTyped();
    else if (!together && !event.repeat) dismiss();
  } else if (event.key === "Escape") {
    dismiss();
  } else if (event.key.length === 1) {
    collect(event, together);
  }
}

// collect goes on with a code that was under way when the verdict came, or lets
// a new one begin: then the field has the focus before the key reaches it.
function collect(event, together) {
  if (typed && together) {
    event.preventDefault();
    typed += event.key;
  } else if (event.key !== " " && screen.querySelector("[data-next]")) {
    typed = "";
    next();
  }
}

function takeTyped() {
  const code = typed;
  typed = "";
  take(code);
}

screen.addEventListener("click", (event) => {
  if (!event.target.closest("[data-next]")) return;
  event.preventDefault();
  next();
});

// dismiss does what the verdict's button does.
function dismiss() {
  screen.querySelector(".actions a").click();
}

// --------------------------------------------------------------- the judging

// take puts a code into the line. One badge read twice in a row is one scan.
function take(code) {
  code = code.trim();
  if (!code || code === checking || waiting.includes(code)) return;
  waiting.push(code);
  if (screen.hidden) judge();
  else tellWaiting();
}

async function judge() {
  if (checking || !screen.hidden || !waiting.length) return;
  checking = waiting.shift();
  busy.hidden = false;
  const verdict = await ask(checking);
  checking = "";
  busy.hidden = true;
  reveal(verdict);
}

// ask returns what to show for a code. A scan that had no answer keeps its id,
// so that the door answers the same badge as it did, or would have done.
async function ask(code) {
  const id = unanswered.get(code) ?? newID();
  const answer = await send(new URLSearchParams({ code, id }));
  const shown = answer && read(answer);
  if (shown && answer.ok) {
    unanswered.delete(code);
    return shown;
  }
  seen = ""; // the camera may look at the same badge again
  unanswered.set(code, id);
  setTimeout(() => unanswered.delete(code), remembered);
  return shown ?? own("offline");
}

// send asks until there is an answer, and returns null when there is none.
async function send(body) {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-CSRF-Token": document.body.dataset.csrf, "X-Fragment": "verdict", Accept: "text/html" },
        signal: AbortSignal.timeout?.(patience),
      });
      const { ok, status, redirected } = answer;
      if (status < 500) return { ok: ok && !redirected, status: redirected ? 401 : status, html: await answer.text() };
    } catch {
      // No connection, or no answer in time.
    }
    if (attempt === retries.length) return null;
    await new Promise((resolve) => setTimeout(resolve, retries[attempt]));
  }
}

// read turns an answer into what to show, or null when it is not one of ours:
// a network that wants a sign-in of its own answers with any page.
function read({ ok, status, html }) {
  if (status === 401 || status === 403) return own("signed-out");
  if (!ok) return refusal(html);
  // Our own page, escaped by the server like any other.
  const shown = document.createRange().createContextualFragment(html);
  return shown.querySelector("[data-verdict]") ? shown : null;
}

// refusal shows the words of an error page.
function refusal(html) {
  const words = new DOMParser().parseFromString(html, "text/html").querySelector("main h1")?.textContent;
  const shown = own("refused");
  if (words) shown.querySelector(".verdict-name").textContent = words;
  return shown;
}

// own returns one of the screens that came with the page. What could not be
// judged is never shown as if it had been.
function own(name) {
  return document.getElementById(name).content.cloneNode(true);
}

function newID() {
  return crypto.randomUUID?.() ?? uuid();
}

// uuid is for pages without encryption, where browsers have no randomUUID.
function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (n) => n.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// --------------------------------------------------------------- the verdict

function reveal(shown) {
  // A code that is being typed goes on under the verdict; a forgotten one does not.
  typed = performance.now() - lastKey < burst ? input.value : "";
  input.value = "";
  screen.replaceChildren(shown);
  screen.hidden = false;
  main.hidden = true;
  shownAt = performance.now();
  window.scrollTo(0, 0);
  const admitted = verdict() === "admit";
  navigator.vibrate?.(admitted ? 80 : [200, 100, 200]);
  if (admitted) timer = setTimeout(next, greenStays);
  if (waiting.length) tellWaiting();
}

function verdict() {
  return screen.querySelector("[data-verdict]").dataset.verdict;
}

// tellWaiting makes a green verdict give way soon; at any other it says that
// somebody waits, since nobody is to pass unseen.
function tellWaiting() {
  if (verdict() === "admit") {
    clearTimeout(timer);
    timer = setTimeout(next, Math.max(0, shownAt + greenStaysAtLeast - performance.now()));
    return;
  }
  screen.querySelector("[data-waiting]").hidden = false;
}

function next() {
  clearTimeout(timer);
  screen.hidden = true;
  main.hidden = false;
  input.value = typed;
  typed = "";
  input.focus({ preventScroll: true });
  refresh();
  judge();
}

// The counts and the last scans come with the page, so they are taken from it.
async function refresh() {
  try {
    const answer = await fetch(form.action, { signal: AbortSignal.timeout?.(patience) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".tally", ".scan > section"]) {
      const fresh = page.querySelector(part);
      if (fresh) document.querySelector(part)?.replaceWith(fresh);
    }
  } catch {
    // The next scan tells that there is no connection.
  }
}

// ---------------------------------------------------------------- the camera

const camera = document.getElementById("camera");
const button = document.getElementById("camera-button");
const text = document.getElementById("camera-text");
let video;
let detector;

async function offerCamera() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
  if (!formats.includes("qr_code") || !navigator.mediaDevices) {
    text.textContent = form.dataset.noCamera;
    return;
  }
  detector = new BarcodeDetector({ formats: ["qr_code"] });
  button.hidden = false;
  button.addEventListener("click", toggleCamera);
}

async function toggleCamera() {
  const label = button.querySelector("span");
  if (video) {
    for (const track of video.srcObject.getTracks()) track.stop();
    video.remove();
    video = undefined;
    camera.classList.remove("live");
    [label.textContent, button.dataset.stop] = [button.dataset.stop, label.textContent];
    return;
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    camera.prepend(video);
    camera.classList.add("live");
    [label.textContent, button.dataset.stop] = [button.dataset.stop, label.textContent];
    await video.play();
    look();
  } catch {
    text.textContent = form.dataset.noCamera;
  }
}

// The same code stays in view for a while after its verdict: it is judged once
// until another one, or none, has been seen.
let seen = "";

async function look() {
  if (!video) return;
  if (screen.hidden && !checking) {
    try {
      const [code] = await detector.detect(video);
      const fresh = code && code.rawValue !== seen;
      seen = code?.rawValue ?? "";
      if (fresh) take(code.rawValue);
    } catch {
      // A frame that cannot be read is followed by another.
    }
  }
  setTimeout(look, 120);
}

offerCamera();
input.focus({ preventScroll: true });
