// A partner listens: ticks are sent as they are made, and the page follows the learner from question to question.

import { base } from "./api.js";
import { loadAgain } from "./load-again.js";

const { secret, position, since } = document.body.dataset, began = performance.now() - Number(since);
const line = document.getElementById("line"), box = document.getElementById("clock"), face = box.querySelector("span");
const address = `${base}/practice/with/${secret}`;
let waiting = {}; // ticks that are not sent yet

async function ask(path, options) {
  const response = await fetch(address + path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000), ...options });
  if (response.status === 404 || response.status === 403) return loadAgain();
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

async function send() {
  const marks = waiting;
  if (!Object.keys(marks).length) return;
  waiting = {};
  const body = new URLSearchParams({ q: Number(position) + 1, ...marks });
  try {
    await ask("/marks", { method: "POST", body });
  } catch {
    waiting = { ...marks, ...waiting };
    line.textContent = "Kept here; sent when connected.";
  }
}

async function follow() {
  try {
    await send();
    const on = await ask("/state");
    if (typeof on !== "object") return;
    if (on.position !== Number(position)) return loadAgain();
    line.textContent = on.answered ? "The answer is given; the next one follows." : "Tick while you listen; it is seen later.";
  } catch { /* no connection: asked again in two seconds */ }
}

document.addEventListener("change", ({ target }) => {
  if (!target.name?.startsWith("mark-")) return;
  waiting[target.name] = target.value;
  send();
});
addEventListener("keydown", (event) => {
  const mark = { 1: 0, 2: 1, 3: 2 }[event.key];
  if (mark === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...document.querySelectorAll(".marks")];
  const here = all.find((group) => group.contains(document.activeElement)) ?? all.find((group) => !group.querySelector(":checked"));
  const radio = here?.querySelectorAll("input")[mark];
  if (!radio) return;
  event.preventDefault();
  if (!radio.checked) radio.click();
  all[all.indexOf(here) + 1]?.querySelector("input").focus();
});
const show = () => {
  const seconds = Math.floor((performance.now() - began) / 1000);
  face.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
box.hidden = false;
show();
setInterval(show, 1000);
setInterval(follow, 2000);
document.documentElement.dataset.ready = "";
