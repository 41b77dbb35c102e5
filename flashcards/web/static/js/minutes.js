// Usual minutes to press: they fill the field in, which takes any other number as well.

for (const row of document.querySelectorAll("[data-fills]")) {
  const field = document.getElementById(row.dataset.fills);
  const mark = () => { for (const one of row.children) one.ariaPressed = String(one.value === field.value.trim()); };
  row.hidden = false;
  mark();
  field.addEventListener("input", mark);
  row.addEventListener("click", ({ target }) => {
    if (!target.value) return;
    field.value = target.value;
    mark();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
