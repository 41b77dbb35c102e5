// Choosing a round, and its report: recordings that are kept, printing, what is left of rounds that are over.

import { learner, OURS } from "./api.js";
import { loadAgain } from "./load-again.js";
import * as recorder from "./recorder.js";
import * as rounds from "./rounds.js";

const print = document.querySelector("[data-print]"), kept = document.getElementById("kept");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

if (kept && !recorder.trouble()) {
  const [words, button] = kept.children;
  recorder.takes().then((all) => {
    kept.hidden = !all.length;
    const size = all.reduce((sum, blob) => sum + blob.size, 0);
    words.textContent = `${all.length} ${all.length === 1 ? "recording is" : "recordings are"} kept in this browser, ${(size / 1e6).toFixed(1)} MB.`;
  }).catch(() => {});
  button.addEventListener("click", async () => {
    await recorder.forget();
    kept.hidden = true;
  });
}

const waits = document.getElementById("waits"); // beside the choice of rounds
let waited = 0;
function sent(trouble) {
  const now = rounds.waiting().length;
  if (waits && waited && !now && !document.querySelector("details[open]")) return loadAgain(); // its counts are old
  waited ||= now;
  if (!waits) return;
  waits.hidden = !now;
  if (trouble) waits.textContent = trouble === "login" ? "You are logged out here: what you said in a round is kept in this browser, and sent when you log in again."
    : "What you said in a round is not sent yet: it is kept in this browser, and sent when connected.";
}

if (rounds.waiting().length) sent("offline");
rounds.keepSending(sent);
rounds.flush().then((trouble) => {
  sent(trouble);
  const over = /\/practice\/([0-9a-f-]{36})\/report$/.exec(location.pathname)?.[1];
  if (trouble || !over) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith(`${OURS}.said.${learner}.${over}.`)) localStorage.removeItem(key);
});
