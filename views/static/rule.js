// rule.js shows only those fields of a rule's form that its anchor has, and how long
// only where it is before or after. Without it all are there, and the others do not
// count.
const anchor = document.getElementById("anchor");
const side = document.getElementById("side");

function show() {
  for (const field of document.querySelectorAll("[data-anchor]")) {
    field.hidden = field.dataset.anchor !== anchor.value;
  }
  for (const field of document.querySelectorAll("[data-side]")) {
    field.hidden = !field.dataset.side.split(" ").includes(side.value);
  }
}

anchor.addEventListener("change", show);
side.addEventListener("change", show);
show();
