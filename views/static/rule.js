// rule.js shows only those fields of a rule's form that its anchor has. Without it
// all are there, and those of other anchors do not count.
const anchor = document.getElementById("anchor");

function show() {
  for (const field of document.querySelectorAll("[data-anchor]")) {
    field.hidden = field.dataset.anchor !== anchor.value;
  }
}

anchor.addEventListener("change", show);
show();
