// import.js shows how an import goes on without loading its page anew, and loads it once
// it rests. Without it the page loads itself anew every few seconds.
const going = document.getElementById("going");

async function look() {
  const answer = await fetch(going.dataset.import, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("going");
  if (!now) {
    location.replace(going.dataset.import);
    return;
  }
  // The heading and the numbers change; the buttons stay where a pointer may be.
  for (const part of ["h2", "progress", "[role=status]"]) {
    const [old, fresh] = [going.querySelector(part), now.querySelector(part)];
    if (old && fresh && old.outerHTML !== fresh.outerHTML) {
      old.replaceWith(fresh);
    }
  }
}

window.stop(); // the page need not load itself any more
setInterval(look, 1000);
