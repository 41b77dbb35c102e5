// The review page: keys, buttons and focus over a Session.

import { Offline } from "./api.js";
import { showAnswer, showQuestion } from "./card.js";
import { keyOf } from "./keys.js";
import * as outbox from "./outbox.js";
import { Session } from "./session.js";

const at = (id) => document.getElementById(id);
const session = new Session(JSON.parse(at("session").textContent));
const names = Object.fromEntries(session.grades.map(([quality, name]) => [quality, name]));
const grades = Object.fromEntries(session.grades.map(([quality, , key]) => [key, quality]));
const ACTIONS = { bury: ["bury", false], "bury-note": ["bury", true], suspend: ["suspend", false], "suspend-note": ["suspend", true] };
const KEYS = { "-": "bury", "=": "bury-note", "@": "suspend", "!": "suspend-note" };
let ready = false, shown = false, busy = false, ended = false, asked = performance.now(), graded = 0, idle = 0;

function ask(drawn = false) {
  shown = false;
  at("menu").open = false;
  count();
  if (!session.card) return finish();
  ended = false;
  showQuestion(session.card, session, drawn);
  asked = performance.now();
  at(session.card.typed ? "typed-input" : "question").focus({ preventScroll: true });
  idle ||= setTimeout(afterwards, 60); // after the card is painted
}

async function afterwards() {
  idle = 0;
  tell(await outbox.flush());
  await session.refill();
  count();
  await session.keep();
  warm();
}

function count() {
  const left = session.leftTotal, progress = at("progress");
  at("left").textContent = left.toLocaleString("en");
  progress.max = session.done + left || 1;
  progress.value = session.done;
  progress.setAttribute("aria-label", `${session.done} of ${session.done + left} done`);
}

function reveal() {
  if (shown || !ready || !session.card) return;
  shown = true;
  showAnswer(session.card);
  at("answer").focus({ preventScroll: true });
}

function grade(quality) {
  if (!shown || busy) return;
  session.answer(quality, performance.now() - asked);
  graded = performance.now();
  say(names[quality]);
  ask();
}

/** Runs what needs the server; one at a time, trouble is said. */
async function ifOnline(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (error) {
    say(error instanceof Offline ? "No connection: this needs the server" : error.message, true);
  } finally {
    busy = false;
  }
}

const undo = () => ifOnline(async () => {
  const undone = await session.undo();
  say("Undone");
  if (undone === true) return ask();
  // The last action may have been of another kind of review than this one.
  const { mode, ...filters } = session.filters;
  session.filters = undone.mode === "ahead" ? { ...filters, mode: "ahead" } : filters;
  location.assign(session.url("/review", { card: undone.id }));
});

const act = (name) => session.card && ifOnline(async () => {
  await session.act(...ACTIONS[name]);
  say(name.startsWith("bury") ? "Buried" : "Suspended");
  ask();
});

/** Nothing is held: the server may have more; if not, the session is over. */
async function finish() {
  if (ended) return;
  ended = true;
  at("show-form").hidden = at("grade-form").hidden = at("answer").hidden = at("typed").hidden = true;
  const trouble = await session.refill({ always: true });
  tell(trouble);
  if (session.card) return ask();
  if (!trouble) return location.replace(session.url("/done"));
  ended = false; // the next sending that succeeds comes back here
  await session.keep();
  at("question").textContent = "That was all this browser holds. It goes on when the connection is back.";
}

function say(text, loud = false) {
  at("status").textContent = text;
  notice({ action: loud ? text : "" });
}

const notices = { state: "", action: "" }; // how sending goes; what the last key could not do

function notice(changed) {
  const text = Object.values(Object.assign(notices, changed)).filter(Boolean).join(" ");
  at("unsent").hidden = !text;
  at("unsent").textContent = text;
}

/** Says how many answers wait, and why where the learner can do something about it. */
function tell(trouble) {
  const waiting = outbox.waiting().length, refused = outbox.refused();
  at("waits").hidden = !waiting;
  at("waits").textContent = waiting ? `${waiting.toLocaleString("en")} not sent yet` : "";
  notice({ state: trouble === "login" ? "You are not logged in any more. Log in in another tab; your answers wait here."
    : refused.length ? `${refused.length} not accepted: ${refused[0].why}` : "" });
}

/** Loads the pictures and sounds of the cards ahead. */
function warm() {
  for (const card of session.held)
    for (const [url] of (card.question_html + card.answer_html).matchAll(/\/media\/[\w.]+/g))
      if (!warm.known.has(url)) { warm.known.add(url); fetch(url).catch(() => warm.known.delete(url)); }
}
warm.known = new Set();

/** Opens or closes how the answer changed; where it did not, the key does nothing. */
function compareTexts() {
  const box = shown && document.getElementById("changed");
  if (!box) return;
  box.open = !box.open;
  (box.open ? box.querySelector(".changes") : at("answer")).focus();
}

function replay() {
  const sound = document.querySelector(shown ? "#answer audio" : "#question audio") ?? document.querySelector(".card audio");
  if (sound) { sound.currentTime = 0; sound.play(); }
}

addEventListener("keydown", (event) => {
  const key = keyOf(event);
  if (key === null || !ready || at("keys").open) return;
  const known = key === " " || key === "Enter" ? () => (shown ? grade(4) : reveal())
    : key in grades ? () => grade(grades[key])
    : key === "u" || key === "z" ? undo
    : key in KEYS ? () => act(KEYS[key])
    : { c: compareTexts, i: () => session.card && location.assign(at("info").href), e: at("edit") && (() => session.card && location.assign(at("edit").href)), r: replay, "?": () => at("keys").showModal(), Escape: leave }[key];
  if (!known) return;
  event.preventDefault();
  known();
});

function leave() {
  if (at("menu").open) at("menu").open = false;
  else location.assign("/");
}

at("show-form").addEventListener("submit", (event) => { event.preventDefault(); reveal(); });
at("show-form").addEventListener("click", (event) => {
  // The second click of a double click on a grade (keys have no detail).
  if (event.detail && performance.now() - graded < 250) event.preventDefault();
});
at("typed-input").addEventListener("keydown", (event) => {
  if (event.key === "Escape") at("question").focus({ preventScroll: true }); // then keys are keys again
});
at("grade-form").addEventListener("submit", (event) => { event.preventDefault(); grade(Number(event.submitter.value)); });
at("undo-form").addEventListener("submit", (event) => { event.preventDefault(); undo(); });
at("act-form").addEventListener("submit", (event) => { event.preventDefault(); act(event.submitter.value); });
for (const link of document.querySelectorAll("[data-help]"))
  link.addEventListener("click", (event) => { event.preventDefault(); at("menu").open = false; at("keys").showModal(); });
at("card").addEventListener("click", (event) => {
  if (!event.target.closest("a,button,input,summary,details,audio,label") && !getSelection().toString()) reveal();
});
document.addEventListener("click", (event) => { if (!event.target.closest("#menu")) at("menu").open = false; });
addEventListener("refused", () => tell(""));
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
outbox.onOtherTab((answer) => { if (answer.card !== session.card?.id) { session.apply(answer, false); count(); } });
outbox.keepSending((trouble) => { tell(trouble); if (!session.card && !trouble) finish(); });

// A reload must not ask for the card that an undo brought back.
history.replaceState(null, "", session.url("/review"));
const changed = await session.resume();
ready = true;
ask(!changed);
document.documentElement.dataset.ready = "";
