// group.js adds rows to the form for several people, and takes them away, without a
// journey to the server, which does the same where there is no script. A row that goes
// leaves its number to the next.
const form = document.querySelector("form:has([data-row])");
const add = form?.querySelector("[data-add]");

const rows = () => [...form.querySelectorAll("[data-row]")];

// renumber gives each row's fields, labels and buttons the row's own number.
function renumber() {
  const list = rows();
  list.forEach((row, i) => {
    const number = String(i + 1);
    for (const element of row.querySelectorAll("[id], [name], [for], [aria-describedby], [value^='drop-'], [aria-label]")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(/-\d+(?=-|$|\s)/g, `-${number}`));
      }
    }
    const drop = row.querySelector("button");
    drop.value = `drop-${number}`;
    drop.setAttribute("aria-label", drop.getAttribute("aria-label").replace(/\d+/, number));
    const legend = row.querySelector("legend");
    legend.textContent = legend.textContent.replace(/\d+/, number);
  });
  form.elements.rows.value = list.length;
  add.hidden = list.length >= Number(add.dataset.most);
}

add?.addEventListener("click", (event) => {
  event.preventDefault();
  const row = rows().at(-1).cloneNode(true);
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("aria-invalid");
  }
  row.querySelectorAll(".error").forEach((error) => error.remove());
  row.querySelectorAll(".invalid").forEach((field) => field.classList.remove("invalid"));
  rows().at(-1).after(row);
  renumber();
  row.querySelector("input").focus();
});

form?.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-row] button");
  if (!drop || rows().length === 1) return;
  event.preventDefault();
  drop.closest("[data-row]").remove();
  renumber();
  form.dispatchEvent(new Event("input")); // which draft.js keeps
  add.focus();
});
