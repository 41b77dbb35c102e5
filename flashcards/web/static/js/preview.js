// Draws what the server says a deck's text would become. Notes that look the same stay in the page as they are.

const at = (id) => document.getElementById(id);
const drawn = new Map(); // by render key: an article's inner parts
const MOST_PROBLEMS = 200;

/** `body` is the answer of POST /preview. */
export function drawPreview(body) {
  const cards = grouped(body.cards);
  const used = new Map();
  const articles = body.notes.map((note) => {
    const parts = drawn.get(note.render) ?? partsOf(note, cards.get(note.note));
    // Two notes with the same text look the same: the second one gets a copy.
    const own = used.has(note.render) ? parts.map((part) => part.cloneNode(true)) : parts;
    if (!used.has(note.render)) used.set(note.render, parts);
    return article(note, cards.get(note.note).length, own);
  });
  drawn.clear();
  for (const [key, parts] of used) drawn.set(key, parts);
  replace(at("cards"), articles);
  at("lint").replaceChildren(...body.problems.slice(0, MOST_PROBLEMS).map(problemRow));
  at("gone").replaceChildren(...body.gone.map(goneRow));
  at("summary").textContent = summary(body);
  if (!body.structure_lost) at("deck-title").textContent = body.title;
  markLines(body.problems);
}

drawPreview.known = () => [...drawn.keys()];

/** Marks the note on whose lines the caret is. */
export function markCurrent(line) {
  let current = null;
  for (const one of at("cards").children) {
    one.classList.remove("cur");
    if (Number(one.dataset.line) <= line) current = one;
  }
  if (!current) return;
  current.classList.add("cur");
  const pane = at("cards"), top = current.offsetTop, bottom = top + current.offsetHeight;
  if (top < pane.scrollTop || bottom > pane.scrollTop + pane.clientHeight) pane.scrollTop = Math.max(0, top - 16);
}

/** Only articles that are new are put in; the others are not touched, so that nothing flickers. */
function replace(pane, articles) {
  const wanted = new Set(articles);
  for (const old of [...pane.children]) if (!wanted.has(old)) old.remove();
  articles.forEach((one, index) => { if (pane.children[index] !== one) pane.insertBefore(one, pane.children[index] ?? null); });
}

const made = new WeakMap(); // from a note's first part to its article

function article(note, count, parts) {
  let box = made.get(parts[0]);
  if (!box) {
    box = element("article", "", "pc");
    box.append(element("header"), ...parts);
    made.set(parts[0], box);
  }
  box.dataset.note = note.note;
  box.dataset.line = note.line;
  const kept = note.reviews ? `, ${plural(note.reviews, "review")} kept` : "";
  const where = [`Line ${note.line}`, note.kind === "cloze" && "cloze", count > 1 && `${count} cards`, note.draft && "draft"];
  box.firstChild.replaceChildren(
    element("span", where.filter(Boolean).join(" · ")), element("span", note.status + kept, `st ${note.status}`));
  return box;
}

function partsOf(note, cards) {
  const [first] = cards;
  const text = note.whole_html === null ? [html(first.question_html, "md q"), html(first.answer_html, "md")] : [html(note.whole_html, "md")];
  const extra = element("div", "", "extra");
  for (const [name, items] of [["Rubric", note.rubric_html], ["Follow-ups", note.follow_ups_html], ["Sources", note.sources_html]]) {
    if (!items.length) continue;
    const box = element("details"), list = element("ul");
    list.append(...items.map((item) => html(item, "", "li")));
    box.append(element("summary", name), list);
    extra.append(box);
  }
  return [...text, extra];
}

function problemRow({ line, column, severity, message }) {
  const row = element("li", "", severity), link = element("a", "Go to line");
  link.href = "#source";
  link.dataset.line = line;
  link.dataset.column = column;
  row.append(element("span", severity === "error" ? "Error" : "Warning", "lv"), element("code", `${line}:${column}`), element("span", message), link);
  return row;
}

function goneRow({ key, title, reviews }) {
  const row = element("li", "", "warning");
  const fate = reviews ? `: ${plural(reviews, "review")} hidden until its text comes back` : "";
  row.append(element("span", "Leaves", "lv"), element("code", key), element("span", title + fate));
  return row;
}

function summary({ counts, structure_lost: lost }) {
  const told = Object.entries(counts).filter(([, count]) => count).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
  const first = told.length ? told.join(", ") : "No cards yet";
  return `${lost ? "The file cannot be read as it stands: its last good version would stay" : first}.`;
}

function markLines(problems) {
  const worst = new Map();
  for (const { line, severity } of problems) if (worst.get(line) !== "error") worst.set(line, severity);
  [...at("lines").children].forEach((one, index) => { one.className = worst.get(index + 1) ?? ""; });
}

function grouped(cards) {
  const groups = new Map();
  for (const card of cards) groups.set(card.note, [...(groups.get(card.note) ?? []), card]);
  return groups;
}

function plural(count, one) { return `${count.toLocaleString("en")} ${count === 1 ? one : `${one}s`}`; }

function element(tag, text = "", name = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className: name });
}

function html(text, name, tag = "div") { return Object.assign(document.createElement(tag), { innerHTML: text, className: name }); }
