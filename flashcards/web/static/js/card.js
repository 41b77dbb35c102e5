// Draws a card. The HTML of cards comes from the server, which has cleaned it.

import { compare } from "./diff.js";

const at = (id) => document.getElementById(id);
const PASS = 4;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Draws the question; the answer stays hidden. `drawn` says that the server has drawn it already. */
export function showQuestion(card, session, drawn = false) {
  const answer = at("answer"), input = at("typed-input");
  answer.hidden = true;
  answer.classList.remove("in");
  if (!drawn) {
    at("question").innerHTML = card.question_html;
    setLanguage(at("question"), card.language);
    at("where").replaceChildren(...[
      card.section && element("span", card.section),
      card.kind !== "due" && element("span", card.kind),
      card.leech && element("span", `leech: ${card.path}:${card.line}`, "flag w"),
      card.returned_on && element("span", `An author changed this card on ${shortDate(card.returned_on)}: it came back for that`),
    ].filter(Boolean));
    at("deck").textContent = card.deck_title;
    at("info").href = `/cards/${card.id}`;
    if (at("edit")) at("edit").href = `/decks/${card.deck_address.split("/").map(encodeURIComponent).join("/")}/edit?line=${card.line}`;
    at("typed").hidden = !card.typed;
    input.disabled = !card.typed;
    input.value = "";
    document.querySelector("#show-form kbd").textContent = card.typed ? "Enter" : "Space";
    scrollTo(0, 0);
  }
  at("show-form").hidden = false;
  at("grade-form").hidden = true;
  for (const button of document.querySelectorAll("#grade-form button"))
    button.querySelector("small").textContent = effect(Number(button.value), card, session.drill);
}

/** Draws the answer under the question, which does not move. */
export function showAnswer(card) {
  const answer = at("answer"), body = answer.querySelector(".md");
  answer.querySelector(".diff")?.remove();
  if (card.typed) answer.prepend(difference(at("typed-input").value, card.typed_answer));
  at("typed").hidden = true;
  at("changed")?.remove();
  if (card.changed) body.before(textChange(card.changed));
  body.innerHTML = card.answer_html;
  setLanguage(body, card.language);
  answer.querySelector(".extra").replaceChildren(
    ...list("Rubric", card.rubric_html, true), ...list("Follow-ups", card.follow_ups_html, false),
    ...list("Sources", card.sources_html, false));
  at("show-form").hidden = true;
  at("grade-form").hidden = false;
  answer.hidden = false;
  answer.classList.add("in");
}

/** What a grade would do, as the server says it in buttons.py. */
export function effect(quality, card, drill) {
  if (card.kind === "ahead") return "date stays";
  const days = interval(card.intervals[quality]);
  if (quality >= PASS || !drill) return days;
  return card.kind === "drill" ? "today" : `today, then ${days}`;
}

function interval(days) {
  if (days < 100) return `${days} d`;
  if (days < 365) return `${(days / 30.4375).toFixed(1)} mo`;
  return `${(days / 365.25).toFixed(days < 3653 ? 1 : 0)} y`;
}

function difference(typed, expected) {
  const { typed: left, expected: right } = compare(typed, expected), box = element("dl", "", "diff");
  for (const [name, pieces, tag] of [["You", left, "del"], ["Answer", right, "ins"]]) {
    const line = element("dd");
    line.append(...pieces.map(([mark, text]) => (mark === "same" ? text : element(tag, text))));
    box.append(element("dt", name), line);
  }
  return box;
}

/** How the answer differs from what the learner last saw: closed, until C or a press opens it. */
function textChange({ diff_html }) {
  const box = element("details", "", "changed"), summary = element("summary", "The answer changed since you last saw it ");
  const text = Object.assign(element("div", "", "changes"), { innerHTML: diff_html, tabIndex: 0, role: "region", ariaLabel: "What changed" });
  box.id = "changed";
  summary.append(element("kbd", "C", "kb"));
  box.append(summary, text);
  return box;
}

/** 2026-11-22 as 22 Nov 2026: what dates.py says. */
function shortDate(day) {
  const [year, month, date] = day.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

function list(name, items, open) {
  if (!items.length) return [];
  const box = element("details"), points = element("ul");
  box.open = open;
  for (const html of items) points.append(Object.assign(element("li"), { innerHTML: html }));
  box.append(element("summary", name), points);
  return [box];
}

function element(tag, text = "", name = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className: name });
}

function setLanguage(node, language) {
  if (language) node.lang = language;
  else node.removeAttribute("lang");
}
