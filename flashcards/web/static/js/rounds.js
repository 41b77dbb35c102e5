// What was said and ticked in practice rounds, on its way to the server. It is kept in localStorage, under a key of
// its own for each call and learner, and sent in the order in which it was done. Sending a call twice is harmless.

import { call, learner, Offline, OURS } from "./api.js";

const OUT = `${OURS}.round.${learner}.`;
const ASIDE = `${OURS}.round-aside.${learner}.`;
const unstored = new Map(); // where the browser's storage is full or closed
let sending = null;

function keys(prefix) {
  const found = [];
  try {
    for (let i = 0; i < localStorage.length; i++) if (localStorage.key(i).startsWith(prefix)) found.push(localStorage.key(i));
  } catch { /* no storage: only what this page holds */ }
  return [...found, ...[...unstored.keys()].filter((key) => key.startsWith(prefix))].sort();
}

function read(key) {
  return unstored.get(key) ?? JSON.parse(localStorage.getItem(key));
}

function drop(key) {
  unstored.delete(key);
  try { localStorage.removeItem(key); } catch { /* it was never there */ }
}

function write(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); } catch { unstored.set(key, value); }
}

/** Keeps a call of the API, to be sent after all that wait. */
export function add(method, path, body) {
  const last = keys(OUT).at(-1), number = last ? Number(last.slice(OUT.length).split("-")[0]) + 1 : Date.now();
  write(`${OUT}${String(number).padStart(16, "0")}-${Math.random().toString(36).slice(2, 8)}`, { method, path, body });
}

/** Everything not sent, oldest first: {method, path, body}. */
export function waiting() {
  return keys(OUT).map(read);
}

/** Sends all there is. Resolves to "" when nothing is left, else to "offline", "login" or "server". */
export function flush() {
  sending ??= sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  for (;;) {
    const [key] = keys(OUT);
    if (!key) return "";
    const { method, path, body } = read(key);
    try {
      const { status, body: reply } = await call(method, path, body);
      if (status === 401 || status === 403) return "login";
      if (status >= 500 || status === 429 || status === 408) return "server";
      if (status >= 400) write(ASIDE + key.slice(OUT.length), { method, path, body, why: reply.detail });
      drop(key);
    } catch (error) {
      if (error instanceof Offline) return "offline";
      throw error;
    }
  }
}

/** What the server refused, with `why`; it stays here until it is let go. */
export function refused() {
  return keys(ASIDE).map((key) => ({ key, ...read(key) }));
}

/** Lets go of one that was refused. */
export function forget(key) { drop(key); }

/** Sends when the connection is back, when the page is left, and every 20 seconds. */
export function keepSending(after) {
  const go = async () => { if (keys(OUT).length) after(await flush()); };
  addEventListener("online", go);
  document.addEventListener("visibilitychange", go);
  setInterval(go, 20000);
}
