// The source field: a textarea over a copy of its lines, which wraps in the same way and carries the numbers.

export class SourceField {
  constructor(area, lines, pane) {
    Object.assign(this, { area, lines, pane, shown: [] });
    pane.classList.add("numbered");
    area.addEventListener("input", () => this.number());
    this.number();
  }

  get text() { return this.area.value; }

  set text(text) {
    const { selectionStart } = this.area;
    this.area.value = text;
    this.area.setSelectionRange(selectionStart, selectionStart);
    this.number();
  }

  /** The line that the caret is on. */
  get line() { return this.text.slice(0, this.area.selectionStart).split("\n").length; }

  /** Puts text in at the caret, so that the browser's own undo knows of it. */
  insert(text) {
    this.area.focus();
    if (!document.execCommand("insertText", false, text)) this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Selects from a column (in code points, from 1) to the end of a line, and shows the line. */
  go(line, column = 1) {
    const rows = this.text.split("\n"), row = Math.min(Math.max(line, 1), rows.length);
    const start = rows.slice(0, row - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const offset = Array.from(rows[row - 1]).slice(0, column - 1).join("").length;
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start + offset, start + rows[row - 1].length);
    const top = this.lines.children[row - 1].offsetTop;
    this.pane.scrollTop = Math.max(0, top - this.pane.clientHeight / 3);
    this.pane.scrollIntoView({ block: "nearest" });
  }

  /** Makes the copy the same as the text; only lines that differ are touched. */
  number() {
    const rows = this.text.split("\n"), before = this.shown;
    let from = 0, tail = 0;
    while (from < rows.length && from < before.length && rows[from] === before[from]) from++;
    while (tail < rows.length - from && tail < before.length - from && rows.at(-1 - tail) === before.at(-1 - tail)) tail++;
    const fresh = rows.slice(from, rows.length - tail).map((row) => {
      const line = document.createElement("div"), text = document.createElement("span");
      text.textContent = row || " ";
      line.append(text);
      return line;
    });
    for (const old of [...this.lines.children].slice(from, before.length - tail)) old.remove();
    const next = this.lines.children[from] ?? null;
    for (const line of fresh) this.lines.insertBefore(line, next);
    this.shown = rows;
  }
}
