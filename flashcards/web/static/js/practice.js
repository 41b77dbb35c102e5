// A question of a round and its points: the clock, drafts, the recording, ticks; and going on without a connection.

import { base, learner, OURS, PAGES, uuid } from "./api.js";
import "./copy-link.js";
import { keyOf } from "./keys.js";
import { face, keptWords, play } from "./player.js";
import * as recorder from "./recorder.js";
import * as rounds from "./rounds.js";
import { following, forgetSaid, keepSaid, places, remove, resume, said, store, stored, waits } from "./standing.js";

const { round, position, card, closed } = document.body.dataset;
const report = base + document.body.dataset.report;
const id = (name) => document.getElementById(name);
const pick = (selector) => document.querySelector(selector), every = (selector) => [...document.querySelectorAll(selector)];
const DRAFT = `${OURS}.draft.${learner}.${round}.${position}`;
const PLACE = [round, position], WAIT_MS = 4000;
const asking = id("done"), ticks = id("ticks"), line = id("line");
const path = `/rounds/${round}/answers`;
let stop = null; // of the recording that runs

const tell = (text) => { if (line) line.textContent = text; };

/** Sends what waits, but does not wait for long; gives what stands in the way, "" for nothing. */
function send() {
  return Promise.race([rounds.flush(), new Promise((resolve) => setTimeout(resolve, WAIT_MS, "offline"))]);
}

function unsent(trouble) {
  if (trouble === "login") return "You are logged out here; all is kept, and sent when you log in again.";
  return "Kept here; sent when connected.";
}

/** Says what the server refused; gives whether there was anything. */
function wasRefused() {
  const mine = rounds.refused().filter((one) => one.path.startsWith(`/rounds/${round}`));
  for (const one of mine) rounds.forget(one.key);
  if (mine.length) tell(mine[0].why);
  return mine.length > 0;
}

async function goOn(grade) {
  keepSaid({ closed: true, grade });
  const trouble = await send();
  if (wasRefused()) return keepSaid({ closed: false, grade: undefined });
  const next = following();
  if (next) location.assign(next);
  else if (!trouble) location.assign(report);
  else tell("That was the last one. Kept here; the report comes with the connection.");
}

// --- a question

function question() {
  const draft = stored(DRAFT) ?? {}, notes = id("notes"), began = performance.now();
  const written = () => every("#ledger input");
  let over = false, hidden = 0, left = document.hidden ? began : 0, before = draft.took ?? 0;
  const took = () => Math.round(before + performance.now() - began - hidden - (left ? performance.now() - left : 0));
  let strokes = draft.strokes ?? [];
  if (draft.text && !notes.value) notes.value = draft.text;
  for (const [index, value] of (draft.numbers ?? []).entries()) (written()[index] ?? (moreLines(), written()[index])).value ||= value;
  const keep = () => over || store(DRAFT, { text: notes.value, numbers: written().map((field) => field.value), strokes, took: took() });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) left = performance.now();
    else if (left) { hidden += performance.now() - left; left = 0; }
  });
  document.addEventListener("input", ({ target }) => {
    if (target.closest?.("#ledger tr:last-child")) moreLines();
    keep();
  });
  addEventListener("pagehide", keep);
  clock(took, keep);
  if (id("pad")) import("./sketch.js").then(({ sketch }) => {
    id("sketch").hidden = false;
    sketch(id("pad"), id("sketch").querySelector(".tools"), strokes, (all) => { strokes = all; keep(); });
  });
  if (id("code-hint")) import("./code-field.js").then(({ editor }) => {
    id("code-hint").hidden = false;
    editor(notes);
  });
  offerRecording();

  asking.addEventListener("submit", async (event) => {
    if (event.submitter?.name === "flag") return;
    event.preventDefault();
    const skipped = event.submitter?.name === "skip";
    for (const button of every("[data-skip],#done button")) button.disabled = true;
    await stop?.();
    const text = notes.value, answer = uuid(), fields = written(), numbers = [];
    for (let i = 0; i < fields.length; i += 2) if (fields[i].value || fields[i + 1].value) numbers.push([fields[i].value, fields[i + 1].value]);
    keep();
    rounds.add("POST", path, { id: answer, question: card, text, took_ms: took(), skipped, numbers, sketch: strokes });
    forgetSaid();
    keepSaid({ answer, text, numbers, sketch: strokes, closed: skipped, skipped });
    const trouble = await send();
    if (wasRefused()) {
      forgetSaid();
      for (const button of every("[data-skip],#done button")) button.disabled = false;
      return;
    }
    over = true;
    remove(DRAFT);
    if (skipped) return goOn();
    location.assign(places[position] + (trouble ? "&points=1" : ""));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("#ledger input")) written()[written().indexOf(event.target) + 1]?.focus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return asking.requestSubmit(id("say-done"));
    if (event.key === "Escape" && document.activeElement === notes) return notes.blur();
    const press = { s: "[data-skip]", t: "#clock summary", r: "#record", n: "#notes", c: "#clarify" }[keyOf(event)];
    const found = press && pick(press);
    if (!found || found.hidden) return;
    event.preventDefault();
    if (found === notes) notes.focus();
    else found.click();
  });
}

/** The ledger always has an empty line, up to what the server keeps. */
function moreLines() {
  const lines = id("ledger"), count = lines.children.length + 1;
  if (count > 40) return;
  const line = lines.lastElementChild.cloneNode(true);
  for (const field of line.querySelectorAll("input")) {
    field.value = "";
    field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+/, count));
  }
  lines.append(line);
}

function clock(took, keep) {
  const box = id("clock"), shown = box.querySelector("span"), phases = every(".phases li");
  box.hidden = false;
  box.open = stored(`${OURS}.clock-hidden`) === true;
  box.addEventListener("toggle", () => store(`${OURS}.clock-hidden`, box.open));
  let seconds = -1;
  const show = () => {
    const now = Math.floor(took() / 1000);
    if (now === seconds) return;
    seconds = now;
    shown.textContent = face(now);
    if (now % 5 === 0) keep();
    let until = 0;
    const minute = now / 60, on = phases.find((phase) => (until += Number(phase.dataset.minutes)) > minute) ?? phases.at(-1);
    for (const [index, phase] of phases.entries()) {
      phase.className = phase === on ? "now" : index < phases.indexOf(on) ? "past" : "";
      if (phase === on) phase.setAttribute("aria-current", "step");
      else phase.removeAttribute("aria-current");
    }
  };
  show();
  setInterval(show, 250);
}

function offerRecording() {
  const button = id("record"), why = recorder.trouble();
  if (why) return tell(why);
  button.hidden = false;
  const label = button.querySelector("span");
  const idle = () => { stop = null; label.textContent = "Record"; button.classList.remove("on"); };
  tell("A recording stays in this browser.");
  keptWords(PLACE).then((words) => { if (words && !stop && !button.disabled) tell(words); });
  button.addEventListener("click", async () => {
    if (stop) {
      await stop();
      idle();
      return tell("Recorded. It stays in this browser.");
    }
    button.disabled = true;
    try {
      stop = await recorder.record(PLACE, (text) => { idle(); tell(text); });
      label.textContent = "Stop";
      button.classList.add("on");
      line.replaceChildren(Object.assign(document.createElement("span"), { className: "live", textContent: "Recording." }), " It stays in this browser.");
    } catch (error) {
      tell(error.message);
    }
    button.disabled = false;
  });
}

// --- its points

function points() {
  const mine = said(), own = id("own"), theirs = ticks.dataset.answer;
  const known = theirs && (theirs === mine.answer || !waits(mine.answer)); // a kept page knows an earlier one
  const answer = known ? theirs : mine.answer;
  const unmarked = () => pick(".points .marks:not(:has(:checked)) input"), follow = () => pick(".follow:not(:has(:checked))");
  const group = (point) => ticks.elements[`mark-${point}`];
  let guide = id("guide"), grades = id("grades");
  let now = grades && !grades.hidden && !guide.dataset.open;
  const groups = () => every(".marks").filter((group) => group.checkVisibility?.() ?? true);
  if (!known && answer) own.textContent = mine.text || "Answered aloud.";
  if (!known && (mine.numbers?.length || mine.sketch?.length)) import("./work.js").then(({ showWork }) => showWork(id("waits") ?? own, mine.numbers, mine.sketch));
  if (waits(answer)) own.after(Object.assign(document.createElement("p"), { className: "sub", id: "waits", textContent: "Not sent yet: kept in this browser." }));
  // A kept page may be older than a tick that was sent.
  for (const [point, mark] of Object.entries(mine.marks ?? {})) if (!group(point)?.value) overlay({ points: [{ point, mark }] });
  for (const { method, path: to, body } of rounds.waiting()) if (method === "PATCH" && to === `${path}/${answer}`) overlay(body);
  play(id("player"), PLACE, () => { id("status").textContent = "The recording is deleted."; });

  /** Goes to what is open. */
  function toOpen() {
    const to = unmarked() ?? follow();
    to?.focus();
    to?.scrollIntoView({ block: to.id ? "start" : "center" });
  }

  function overlay({ points: marked = [], follow_ups: followed = [] }) {
    for (const { point, mark } of [...marked, ...followed]) {
      const ticked = mark && group(point);
      if (ticked) ticked.value = mark;
    }
    for (const { point, text } of followed) {
      const part = text !== undefined && pick(`[data-follow="${CSS.escape(point)}"]`);
      if (part) { part.querySelector("textarea").value = text; reveal(part); }
      if (part && part.querySelector(":checked")) later();
    }
    count();
  }

  /** Resolves to whether it is stored, here or there. */
  async function patch(body) {
    if (!answer) return tell("Answer the question first.");
    rounds.add("PATCH", `${path}/${answer}`, { at: new Date().toISOString(), ...body });
    const trouble = await send();
    if (wasRefused()) return false;
    if (trouble) tell(unsent(trouble));
    return true;
  }

  function count() {
    const marks = every(".points .marks").map((group) => group.querySelector(":checked")?.value);
    const of = (mark) => marks.filter((one) => one === mark).length, open = marks.filter((one) => !one).length;
    if (open < marks.length) tell(`${of("said")} said, ${of("partly")} partly, ${of("missed")} missed${open ? `; ${open} not marked yet` : ""}.`);
    for (const taught of every("[data-taught]")) taught.hidden = !["partly", "missed"].includes(taught.closest("li").querySelector(":checked")?.value);
    const share = marks.length && 100 * of("said") / marks.length;
    const grade = open === marks.length ? "" : marks.length === 1 && of("partly") ? "3" : share >= 80 ? "4" : share >= 50 ? "3" : "1";
    const next = follow();
    if (guide) {
      grades.hidden = !(guide.hidden = now || !(open || next));
      guide.firstElementChild.textContent = open ? `Next point (${open} left)` : next && `Answer ${next.ariaLabel.toLowerCase()}`;
    }
    for (const button of ticks.querySelectorAll("[name=grade]")) {
      button.classList.toggle("proposed", button.value === grade);
      button.querySelector("small").textContent = button.value === grade ? "proposed" : "";
    }
  }

  /** It has been graded, or gone on from, since this page was made. */
  function over() {
    const name = ticks.querySelector(`[name=grade][value="${mine.grade}"] b`)?.textContent;
    const go = Object.assign(document.createElement("button"), { type: "button", className: "btn p", id: "go-on", textContent: following() ? "Next question" : "Report" });
    go.addEventListener("click", () => goOn(mine.grade));
    guide.remove();
    grades.replaceChildren(go);
    grades.className = "slot";
    grades.hidden = false;
    grades = guide = null;
    tell(`${name ? `Graded ${name}.` : "Closed without a grade."}${waits(answer) ? " Not sent yet: kept in this browser." : ""}`);
  }

  function reveal(part) {
    part.querySelector("[data-reply]").hidden = false;
    part.querySelector("[data-answer]").hidden = true;
  }

  /** The next follow-up comes when this one is marked. */
  function later() {
    const template = pick("template[data-later]");
    template?.replaceWith(template.content);
  }

  document.addEventListener("change", ({ target }) => {
    if (!target.name?.startsWith("mark-")) return;
    const point = target.name.slice(5), part = target.closest(".follow");
    patch(part ? { follow_ups: [{ point, mark: target.value }] } : { points: [{ point, mark: target.value }] });
    if (!part) keepSaid({ marks: { ...said().marks, [point]: target.value } });
    if (part && part === every(".follow").at(-1)) later();
    count();
    if (follow() && !unmarked()) toOpen();
  });
  ticks.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name === "flag") return;
    event.preventDefault();
    if (!button || button.name === "to") {
      const part = button?.closest(".follow");
      if (button === guide?.firstElementChild) {
        toOpen();
        const part = unmarked() ? null : follow(); // it may be in sight already: the press shows in its field
        part?.querySelector(part.querySelector("[data-answer]").hidden ? "[type=radio]" : "textarea").focus();
      }
      if (button?.value === "grade") { now = true; count(); (ticks.querySelector(".proposed") ?? grades.firstElementChild).focus(); }
      if (!part) return;
      patch({ follow_ups: [{ point: part.dataset.follow, text: part.querySelector("textarea").value }] });
      reveal(part);
      return part.querySelector("[type=radio]").focus();
    }
    for (const one of ticks.querySelectorAll("button")) one.disabled = true;
    patch(button.name === "grade" ? { grade: Number(button.value) } : { done: true }).then((kept) => kept && goOn(button.name === "grade" ? Number(button.value) : undefined))
      .finally(() => { for (const one of ticks.querySelectorAll("button")) one.disabled = false; });
  });
  addEventListener("keydown", (event) => {
    const inTick = event.target.matches?.(".marks input");
    const key = inTick && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && document.documentElement.dataset.keys !== "off" ? event.key.toLowerCase() : keyOf(event);
    const mark = { 1: 0, 2: 1, 3: 2 }[key];
    if (mark !== undefined) {
      const all = groups();
      const here = all.find((group) => group.contains(document.activeElement)) ?? all.find((group) => !group.querySelector(":checked"));
      const radio = here?.querySelectorAll("input")[mark];
      if (!radio) return;
      event.preventDefault();
      if (!radio.checked) radio.click();
      const next = groups(), down = next[next.indexOf(here) + 1];
      if (down) down.querySelector("input").focus();
      else if (!follow()) { radio.focus(); radio.blur(); }
    } else if (key === "enter" || key === "Enter") {
      const go = guide?.hidden === false ? guide.firstElementChild : ticks.querySelector(".proposed") ?? id("go-on");
      if (go) { event.preventDefault(); go.click(); }
    } else if (key === "g") {
      id("grade-now")?.click();
    } else if (key === "n") {
      const part = every(".follow textarea").at(-1);
      if (part) { event.preventDefault(); part.focus(); }
    }
  });
  count();
  if (mine.closed && grades) over();
  if (!known) rounds.flush().then((trouble) => { if (!trouble && answer && !wasRefused()) location.replace(places[position]); });
}

// --- both

/** The round's other pages are kept, so that it goes on without a connection. */
async function keepPages() {
  if (!globalThis.caches || !navigator.onLine) return;
  const pages = await caches.open(PAGES), done = new Set(closed.split(" ").filter(Boolean).map(Number));
  for (const [place, address] of places.entries()) {
    if (done.has(place)) continue;
    for (const url of [address, `${address}&points=1`]) {
      const whole = new URL(url, location.href).href;
      if (place !== Number(position) && await pages.match(whole)) continue;
      const response = await fetch(whole).catch(() => null);
      if (response?.status === 200 && !response.redirected) await pages.put(whole, response);
    }
  }
}

addEventListener("keydown", (event) => {
  const key = keyOf(event), open = pick(".menu[open]");
  if (key === "Escape") { if (open) open.open = false; else id("leave").click(); }
  else if (key === "?") location.assign(`${base}/help#practice`);
});
id("leave").addEventListener("click", (event) => {
  if (!stop) return;
  event.preventDefault();
  stop().then(() => location.assign(id("leave").href)); // what was said last is kept as well
});
rounds.keepSending((trouble) => { if (trouble) tell(unsent(trouble)); else if (!wasRefused()) id("waits")?.remove(); });
if (!resume(Boolean(asking))) {
  if (location.search === "" && !/partner$/.test(location.pathname)) history.replaceState(null, "", places[position]);
  if (asking) question();
  else points();
  document.documentElement.dataset.ready = "";
  keepPages();
}
