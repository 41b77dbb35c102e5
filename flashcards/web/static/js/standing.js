// How far a round has come, as far as this browser knows. Without a connection its pages are those that were kept,
// and older than what has been said and graded since: what was said is kept beside them until the round is over.

import { base, call, learner, OURS } from "./api.js";
import * as rounds from "./rounds.js";

const { round, position, state, closed = "", places: addresses = "" } = document.body.dataset;
const SAID = `${OURS}.said.${learner}.${round}.`, HERE = Number(position);

/** The addresses of the round's questions. */
export const places = addresses.split(" ").map((place) => base + place);

/** What the browser keeps under a key; null for nothing. */
export const stored = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
export const store = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* the page holds it */ } };
export const remove = (key) => { try { localStorage.removeItem(key); } catch { /* it was never there */ } };

/** What was said to a question in this browser: {answer, text, numbers, sketch, marks, closed, skipped, grade}. */
export const said = (place = HERE) => stored(SAID + place) ?? {};
export const keepSaid = (more) => store(SAID + HERE, { ...said(), ...more });
export const forgetSaid = () => remove(SAID + HERE);

/** What waits to be sent of this round. */
export const waiting = () => rounds.waiting().filter(({ path }) => path.startsWith(`/rounds/${round}/`));

/** Whether something of that is of this answer. */
export const waits = (answer) => Boolean(answer) && waiting().some(({ path, body }) => body?.id === answer || path.endsWith(`/${answer}`));

function done() {
  const all = new Set(closed.split(" ").filter(Boolean).map(Number));
  for (const place of places.keys()) if (said(place).closed) all.add(place);
  return all;
}

/** The next question that nobody has closed; null after the last. */
export function following() {
  const all = done(), order = [...places.keys()].map((step) => (HERE + 1 + step) % places.length);
  const next = order.find((place) => place !== HERE && !all.has(place));
  return next === undefined ? null : at(next);
}

const at = (place) => places[place] + (said(place).answer && !said(place).skipped ? "&points=1" : "");

/** Whether more was done here than the page knows. */
function behind() {
  return Boolean(said().closed && state !== "closed" || said().answer && state === "open");
}

/** Where the round goes on, if that is elsewhere; "" where it is here. `anew`: no question of it was named. */
function elsewhere(anew, asking) {
  const all = done(), first = [...places.keys()].find((place) => !all.has(place));
  if (anew && first !== undefined && first !== HERE) return at(first);
  return asking && at(HERE) !== places[HERE] ? at(HERE) : "";
}

/** Goes to where the round goes on, if this page is older than what was done; `asking`: it is a question, not its
 *  points. Gives whether the page is being left. */
export function resume(asking) {
  const anew = location.search === "" && location.pathname.endsWith(`/${round}`);
  if (new URLSearchParams(location.search).has("again")) return false;
  addEventListener("pageshow", ({ persisted }) => { if (persisted && behind()) location.reload(); });
  const to = elsewhere(anew, asking);
  if (waiting().length) {
    if (to) location.replace(to);
    return Boolean(to);
  }
  if (behind()) compare().then((found) => {
    if (found === "older") location.replace(anew ? `${base}/practice/${round}` : places[HERE]);
    else if (found === "alone" && to) location.replace(to);
    else if (found === "same") forgetSaid();
  });
  return false;
}

/** Nothing waits, and yet more was done here: the page was kept ("older" than the server, or there is none and the
 *  browser is "alone"), or what the browser remembers is not so (it is the "same" on the server). */
async function compare() {
  const { status, body } = await call("GET", `/rounds/${round}`).catch(() => ({}));
  if (status === 404) return "same";
  const question = status === 200 && body.questions[HERE];
  if (!question) return "alone";
  const { answer } = question, now = answer ? answer.closed ? "closed" : "answered" : "open";
  return now === state ? "same" : "older";
}
