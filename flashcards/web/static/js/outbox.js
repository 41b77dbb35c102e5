// Answers on their way to the server. Each has a key of its own in localStorage, so that two tabs never
// overwrite one another, and the learner's id in that key, so that two accounts never mix. Sending one twice
// is harmless: the server knows its id.

import { call, learner, Offline } from "./api.js";

const WAITING = `flashcards.out.${learner}.`;
const ASIDE = `flashcards.aside.${learner}.`;
const BATCH = 100;
const unstored = new Map(); // where the browser's storage is full or closed
let latest = 0;
let sending = null;

/** Keeps {id, card, grade, at, ms, mode}; `at` grows from answer to answer, whatever the clock does. */
export function add(answer) {
  latest = answer.at = Math.max(answer.at, latest + 1);
  write(answer);
}

function write(answer) {
  try {
    localStorage.setItem(WAITING + answer.id, JSON.stringify(answer));
  } catch {
    unstored.set(answer.id, answer);
  }
}

function read(prefix) {
  const found = [];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key.startsWith(prefix)) found.push(JSON.parse(localStorage.getItem(key)));
    }
  } catch { /* no storage: only what this page holds */ }
  return found;
}

/** Everything not sent, oldest first. */
export function waiting() {
  const found = unstored.size ? [...read(WAITING), ...unstored.values()] : read(WAITING);
  return found.sort((a, b) => a.at - b.at);
}

function drop(id) {
  unstored.delete(id);
  try { localStorage.removeItem(WAITING + id); } catch { /* it was never there */ }
}

/** Takes an unsent answer back: "gone" if the server cannot have it, "later" if it may (it is undone there
 *  with the next sending), "sent" if it is not here any more. */
export function takeBack(id) {
  const answer = waiting().find((one) => one.id === id);
  if (!answer) return "sent";
  if (!answer.tried) {
    drop(id);
    return "gone";
  }
  write({ ...answer, undo: true });
  return "later";
}

/** Whether an answer is being sent right now. */
export function busy() { return sending !== null; }

/** Sends all there is. Resolves to "" when nothing is left, else to "offline", "login" or "server". */
export function flush(options) {
  sending ??= sendAll(options).finally(() => { sending = null; });
  return sending;
}

async function sendAll(options) {
  let size = BATCH;
  for (;;) {
    const all = waiting();
    if (!all.length) return "";
    const undo = all.findIndex((one) => one.undo);
    const batch = undo === 0 ? all.slice(0, 1) : all.slice(0, Math.min(size, undo < 0 ? size : undo));
    try {
      const trouble = undo === 0 ? await sendUndo(batch[0]) : await sendBatch(batch, options);
      if (trouble === "unreadable" && size > 1) size = 1; // find out which one it is
      else if (trouble === "unreadable") putAside(batch[0], "The server cannot read it.");
      else if (trouble) return trouble;
      else if (waiting().some((one) => one.id === batch[0].id)) return "server"; // nothing moves: not for ever
    } catch (error) {
      if (error instanceof Offline) return "offline";
      throw error;
    }
  }
}

async function sendBatch(batch, options) {
  for (const answer of batch) if (!answer.tried) write({ ...answer, tried: true });
  const items = batch.map(({ id, card, grade, at, ms, mode }) =>
    ({ id, card, grade, mode, at: new Date(at).toISOString(), took_ms: Math.round(ms) }));
  const { status, body } = await call("POST", "/reviews/batch", { items }, options);
  if (status !== 200) return troubleOf(status);
  let trouble = "";
  body.items.forEach((item, index) => {
    if (item.status < 300) drop(batch[index].id);
    else if (item.status >= 500 || item.status === 429) trouble = "server";
    else putAside(batch[index], item.body.detail);
  });
  return trouble;
}

async function sendUndo(answer) {
  const { status } = await call("DELETE", `/reviews/${answer.id}`);
  if (status >= 500 || status === 401 || status === 429) return troubleOf(status);
  drop(answer.id); // undone, never arrived (404), or too late (409)
  return "";
}

function troubleOf(status) {
  if (status === 401 || status === 403 || status === 409) return "login";
  return status >= 500 || status === 429 || status === 408 ? "server" : "unreadable";
}

function putAside(answer, why) {
  try { localStorage.setItem(ASIDE + answer.id, JSON.stringify({ ...answer, why })); } catch { /* told all the same */ }
  drop(answer.id);
  dispatchEvent(new CustomEvent("refused", { detail: why }));
}

/** Answers that the server refused, with `why`. */
export function refused() { return read(ASIDE); }

/** Lets go of the refused ones. */
export function forgetRefused() {
  for (const { id } of refused()) localStorage.removeItem(ASIDE + id);
}

/** Calls back with each answer that another tab of this learner gives. */
export function onOtherTab(callback) {
  addEventListener("storage", ({ key, newValue, oldValue }) => {
    if (key?.startsWith(WAITING) && newValue && !oldValue) callback(JSON.parse(newValue));
  });
}

/** Sends when the connection is back, when the page is left, and every 30 seconds. */
export function keepSending(after) {
  const go = async (options) => after(await flush(options));
  addEventListener("online", () => go());
  addEventListener("pagehide", () => go({ keepalive: true }));
  document.addEventListener("visibilitychange", () => go({ keepalive: document.hidden }));
  setInterval(() => { if (waiting().length) go(); }, 30000);
}
