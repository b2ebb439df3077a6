// draft.js keeps a form on the server from time to time while somebody fills it in, so
// that a lost connection or a closed window loses nothing. Files are kept when the
// form is sent. Without it a button does the same.
const form = document.querySelector("[data-draft]");
const told = document.querySelector("[data-kept]");
const pause = 5000; // milliseconds after the last change

told.hidden = false; // only true with this script

let timer;
let sent = false;

function fields() {
  const data = new FormData(form);
  for (const input of form.querySelectorAll('[type="file"]')) data.delete(input.name);
  return data;
}

async function keep() {
  if (sent) return;
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: fields(), headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { token, link, said } = await answer.json();
    let input = form.querySelector('[name="draft"]');
    if (!input) {
      input = Object.assign(document.createElement("input"), { type: "hidden", name: "draft" });
      form.append(input);
    }
    input.value = token;
    const anchor = Object.assign(document.createElement("a"), { href: link, textContent: link });
    told.replaceChildren(said, " ", anchor);
  } catch {
    timer = setTimeout(keep, 4 * pause); // no connection: later
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, pause);
});
form.addEventListener("submit", () => { sent = true; });
