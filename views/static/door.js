// door.js makes the door quick: a code is judged without a new page, whether a
// reader typed it, the camera saw it, or somebody wrote it. Without this script
// the form works all the same, one page a scan.

const form = document.getElementById("scan");
const input = document.getElementById("code");
const screen = document.getElementById("verdict");
const main = document.querySelector(".door-main");

// How long a green verdict stays when nobody presses "next".
const greenStays = 2500;
const retries = [500, 1500];

let timer;
let judging = false;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  judge(input.value.trim());
});

// A reader types wherever the focus happens to be.
document.addEventListener("keydown", (event) => {
  if (event.target === input || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  if (event.target instanceof HTMLInputElement) return;
  if (event.key === " " && event.target.closest("a, button")) return;
  input.focus({ preventScroll: true });
});
screen.addEventListener("click", (event) => {
  if (!event.target.closest("[data-next]")) return;
  event.preventDefault();
  next();
});

async function judge(code) {
  if (!code || judging) return;
  judging = true;
  clearTimeout(timer);
  // One id for all tries: the door answers a repeated scan as it did the first time.
  const body = new URLSearchParams({ code, id: crypto.randomUUID?.() ?? uuid() });
  try {
    await show(await send(body));
  } catch {
    showOffline();
  } finally {
    judging = false;
    input.value = "";
    input.focus({ preventScroll: true });
  }
}

async function send(body) {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-CSRF-Token": document.body.dataset.csrf, "X-Fragment": "verdict", Accept: "text/html" },
      });
      if (answer.status === 401 || answer.redirected) location.reload();
      if (answer.ok) return await answer.text();
      if (answer.status < 500) throw new Error(String(answer.status));
    } catch (error) {
      if (attempt === retries.length) throw error;
    }
    if (attempt === retries.length) throw new Error("no answer");
    await new Promise((resolve) => setTimeout(resolve, retries[attempt]));
  }
}

function show(html) {
  // Our own page, escaped by the server like any other.
  screen.replaceChildren(document.createRange().createContextualFragment(html));
  reveal(screen.querySelector("[data-verdict]").dataset.verdict);
}

function reveal(verdict) {
  screen.hidden = false;
  main.hidden = true;
  stopped(true);
  window.scrollTo(0, 0);
  navigator.vibrate?.(verdict === "admit" ? 80 : [200, 100, 200]);
  if (verdict === "admit") timer = setTimeout(next, greenStays);
}

// What could not be judged is never shown as if it had been.
function showOffline() {
  screen.replaceChildren(document.getElementById("offline").content.cloneNode(true));
  reveal("attention");
}

async function next() {
  clearTimeout(timer);
  screen.hidden = true;
  main.hidden = false;
  stopped(false);
  input.focus({ preventScroll: true });
  await refresh();
}

// The counts and the last scans come with the page, so they are taken from it.
async function refresh() {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(form.action)).text(), "text/html");
    for (const part of [".tally", ".scan > section"]) {
      const fresh = page.querySelector(part);
      if (fresh) document.querySelector(part)?.replaceWith(fresh);
    }
  } catch {
    // The next scan tells that there is no connection.
  }
}

function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (n) => n.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// ---------------------------------------------------------------- the camera

const camera = document.getElementById("camera");
const button = document.getElementById("camera-button");
const text = document.getElementById("camera-text");
let video;
let detector;
let paused = false;

function stopped(on) {
  paused = on;
}

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
  if (!paused && !judging) {
    try {
      const [code] = await detector.detect(video);
      if (code && code.rawValue !== seen) judge(code.rawValue);
      seen = code?.rawValue ?? "";
    } catch {
      // A frame that cannot be read is followed by another.
    }
  }
  setTimeout(look, 120);
}

offerCamera();
input.focus({ preventScroll: true });
