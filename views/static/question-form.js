// question-form.js shows the answers of only that question which a condition is about,
// and adds and moves rows of options without a request. Without it all answers are
// there, of which those of the chosen question count, and the buttons send the form.
const other = document.getElementById("if");

function show() {
  for (const field of document.querySelectorAll("[data-answers]")) {
    field.hidden = field.dataset.answers !== other.value;
  }
}

other.addEventListener("change", show);
show();

const list = document.querySelector(".option-rows");
const count = document.querySelector("[data-rows]");

// number gives each row the names of its place.
function number() {
  const rows = [...list.children];
  rows.forEach((row, n) => {
    for (const input of row.querySelectorAll("input")) {
      input.name = input.name.replace(/^option-\d+-/, `option-${n}-`);
    }
    for (const button of row.querySelectorAll("button")) {
      button.value = button.value.replace(/\d+$/, n);
      button.disabled = button.value.startsWith("option-up") ? n === 0 : n === rows.length - 1;
    }
  });
  count.value = rows.length;
}

function add() {
  const row = list.lastElementChild.cloneNode(true);
  row.querySelector(".choice")?.remove();
  for (const input of row.querySelectorAll("input")) input.value = "";
  list.append(row);
  number();
  row.querySelector(".input").focus();
}

function move(row, up) {
  if (up) row.previousElementSibling.before(row);
  else row.nextElementSibling.after(row);
  number();
}

list?.closest("form").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || (button.dataset.more === undefined && !button.value.startsWith("option-"))) return;
  if (button.dataset.more !== undefined && !list.lastElementChild) return; // the server makes the first
  event.preventDefault();
  if (button.dataset.more !== undefined) {
    add();
    return;
  }
  move(button.closest("li"), button.value.startsWith("option-up"));
  button.focus({ preventScroll: true });
});
