// draft.js keeps a form on the server from time to time while somebody fills it in, so
// that a lost connection or a closed window loses nothing. The page's address becomes
// the draft's link then: a browser that throws the page away, as telephones do, brings
// back what was typed. Files are kept when the form is sent. Without it a button does
// the same.
const form = document.querySelector("[data-draft]");
const told = document.querySelector("[data-kept]");
const pause = 5000; // milliseconds after the last change

told.hidden = false; // only true with this script

let timer;
let due = false; // something was typed that is not kept
let sent = false;

function later(wait) {
  due = true;
  clearTimeout(timer);
  timer = setTimeout(keep, wait);
}

function fields() {
  const data = new FormData(form);
  data.set("later", "yes"); // on one's own page it tells keeping from sending
  for (const input of form.querySelectorAll('[type="file"]')) data.delete(input.name);
  return data;
}

async function keep() {
  if (sent || !due) return;
  due = false;
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: fields(), headers: { Accept: "application/json" }, keepalive: true });
    if (answer.status >= 500) throw new Error(answer.statusText);
    if (!answer.ok) return; // whoever sends the form is told why
    show(await answer.json());
  } catch {
    told.textContent = told.dataset.offline;
    later(4 * pause);
  }
}

function show({ token, link, said }) {
  if (token) {
    let input = form.querySelector('[name="draft"]');
    if (!input) {
      input = Object.assign(document.createElement("input"), { type: "hidden", name: "draft" });
      form.append(input);
    }
    input.value = token;
  }
  history.replaceState(history.state, "", new URL(link).pathname);
  const anchor = Object.assign(document.createElement("a"), { href: link, textContent: link });
  told.replaceChildren(said, " ", anchor);
}

form.addEventListener("input", () => later(pause));
form.addEventListener("submit", (event) => {
  if (!navigator.onLine) { // the browser would put a page of its own in place of this one
    event.preventDefault();
    told.textContent = told.dataset.offline;
    told.scrollIntoView({ block: "center" });
    return;
  }
  sent = true;
});
addEventListener("pageshow", () => { sent = false; }); // come back to
addEventListener("online", keep);
addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
