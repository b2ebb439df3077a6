// once.js sends a form once, however often its button is pressed: of a double click
// people see only what answers the second press, which says that it is done already.
// Without it the server sees to it that nothing that counts is done twice.
const patience = 10_000; // milliseconds; who presses once more then means it
let sent = new WeakMap(); // what each form held when it was sent, and when

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  const held = new URLSearchParams(new FormData(form, event.submitter)).toString();
  const before = sent.get(form);
  if (before?.held === held && event.timeStamp - before.at < patience) event.preventDefault();
  else sent.set(form, { held, at: event.timeStamp });
});
addEventListener("pageshow", () => { sent = new WeakMap(); }); // come back to
