// Every page: keys between pages, the service worker, answers that still wait to be sent.

import { learner } from "./api.js";
import { keyOf } from "./keys.js";
import * as outbox from "./outbox.js";

const reviewing = document.body.classList.contains("rv");
for (const field of document.querySelectorAll("[data-timezone]"))
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

navigator.serviceWorker?.register("/sw.js").catch(() => { /* works without */ });

if (learner && !reviewing) {
  addEventListener("keydown", (event) => {
    const key = keyOf(event);
    const target = key === "Enter" ? "[data-enter]" : key === "u" || key === "z" ? "[data-undo]"
      : key && /^[a-z/]$/.test(key) ? `[data-key="${key}"]` : null;
    const found = target && (document.querySelector(target) ?? (key === "/" ? document.querySelector('[data-key="b"]') : null));
    if (!found) return;
    event.preventDefault();
    if (found.matches("input")) found.focus();
    else found.click();
  });
  document.documentElement.dataset.listening = "";
  send();
  outbox.keepSending(tell);
}

/** What an earlier page could not send is sent now; then the numbers here are old. */
async function send() {
  if (!outbox.waiting().length) return tell("");
  const trouble = await outbox.flush();
  if (!trouble && !outbox.refused().length) location.reload();
  else tell(trouble);
}

function tell(trouble) {
  const waiting = outbox.waiting().length, refused = outbox.refused(), line = document.getElementById("unsent");
  line.hidden = !waiting && !refused.length;
  line.textContent = waiting ? `${waiting.toLocaleString("en")} ${waiting === 1 ? "answer" : "answers"} not sent yet${trouble === "offline" ? ": no connection" : ""}. ` : "";
  if (!refused.length) return;
  const button = Object.assign(document.createElement("button"), { className: "link", textContent: "Let go" });
  button.addEventListener("click", () => { outbox.forgetRefused(); tell(trouble); });
  line.append(`${refused.length} not accepted: ${refused[0].why} `, button);
}
