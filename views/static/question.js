// question.js shows a question only to those whom it is asked of: by their category,
// and by what they answered before. Without it all are there, each with a note, and
// the server takes no notice of answers that nobody asked for.
const questions = [...document.querySelectorAll(".question")];

// values are those of a field that are chosen, or typed.
function values(form, name) {
  return new FormData(form).getAll(name).filter((v) => typeof v === "string" && v.trim() !== "");
}

function asked(question) {
  const { if: name, is, categories } = question.dataset;
  const form = question.closest("form");
  if (categories && form.elements.category) {
    const [category] = values(form, "category");
    if (!categories.split(" ").includes(category)) return false;
  }
  if (!name) return true;
  const other = questions.find((q) => q.querySelector(`[name="${name}"]`));
  if (other?.hidden) return false;
  const given = values(form, name);
  return is ? given.some((v) => is.split(" ").includes(v)) : given.length > 0;
}

function show() {
  for (const question of questions) { // in order: one depends on those before it
    question.hidden = !asked(question);
  }
}

for (const question of questions) {
  question.querySelector(".question-note")?.remove();
}
for (const form of new Set(questions.map((q) => q.closest("form")))) {
  form.addEventListener("change", show);
}
show();
