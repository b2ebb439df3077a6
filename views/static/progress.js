// progress.js shows how far something has come, every two seconds, until it is done.
// Without it the page says how to look again.
const wait = 2000;

async function look() {
  const shown = document.getElementById("progress");
  if (!("running" in shown.dataset)) {
    return;
  }
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("progress");
    if (answer.ok && now && !("running" in now.dataset)) {
      location.reload(); // for what stands below
      return;
    }
    if (answer.ok && now) {
      shown.querySelector("[role=status]").replaceWith(now.querySelector("[role=status]"));
    }
  } catch {
    // the line is down; it is tried again
  }
  setTimeout(look, wait);
}

setTimeout(look, wait);
