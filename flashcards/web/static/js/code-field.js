// A field for code: as much of an editor as a task in a round needs.

/** Tab indents, Enter keeps the indentation; after Esc, Tab leaves as everywhere. */
export function editor(field) {
  let free = false;
  const put = (text) => document.execCommand("insertText", false, text);
  field.addEventListener("focus", () => { free = false; });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { free = true; event.stopPropagation(); return; }
    const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
    const indent = /^[ \t]*/.exec(field.value.slice(start, field.selectionStart))[0];
    if (event.key === "Tab" && !free && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      const lines = field.value.slice(start, field.selectionEnd);
      const changed = event.shiftKey ? lines.replace(/^ {1,4}/gm, "") : lines.replace(/^/gm, "    ");
      if (!event.shiftKey && field.selectionStart === field.selectionEnd) return put("    ");
      field.setSelectionRange(start, field.selectionEnd);
      put(changed);
      if (changed.includes("\n")) field.setSelectionRange(start, start + changed.length);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && indent) {
      event.preventDefault();
      put(`\n${indent}`);
    }
  });
}
