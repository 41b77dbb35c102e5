// The recordings of an answer: how long each is, played and deleted.

import * as recorder from "./recorder.js";

const BEYOND_S = 1e7; // further than any recording goes

/** Seconds as a clock shows them. */
export function face(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Makes the length of a recording known to `audio`, and resolves to it in seconds, 0 where it cannot be played.
 *  A file that was written piece by piece does not say how long it is; whoever seeks beyond its end finds out. */
function measure(audio) {
  return new Promise((resolve) => {
    audio.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(audio.duration)) return resolve(audio.duration);
      audio.addEventListener("seeked", () => {
        resolve(Number.isFinite(audio.duration) ? audio.duration : audio.currentTime);
        audio.currentTime = 0;
      }, { once: true });
      audio.currentTime = BEYOND_S;
    }, { once: true });
    audio.addEventListener("error", () => resolve(0), { once: true });
    audio.preload = "metadata";
  });
}

/** What is kept of a question's recordings, in words; "" where there is none. */
export async function keptWords(place) {
  const kept = await recorder.takes(...place).catch(() => []);
  if (!kept.length) return "";
  const lengths = await Promise.all(kept.map(async (blob) => {
    const audio = new Audio(URL.createObjectURL(blob)), length = await measure(audio);
    URL.revokeObjectURL(audio.src);
    return length;
  }));
  const all = face(lengths.reduce((sum, one) => sum + one));
  return `${kept.length > 1 ? `${kept.length} recordings (${all} in all) are` : `A recording (${all}) is`} kept in this browser; Record adds another.`;
}

/** Shows the recordings of a question in `box`, each with its length; `said` is called once they are deleted. */
export async function play(box, place, said) {
  const [first] = box.children;
  if (recorder.trouble()) return;
  const kept = await recorder.takes(...place).catch(() => []);
  box.hidden = !kept.length;
  for (const [index, blob] of kept.entries()) {
    const audio = index ? first.cloneNode() : first, name = kept.length > 1 ? `Your recording, part ${index + 1}` : "Your recording";
    audio.setAttribute("aria-label", name);
    measure(audio).then((length) => length && audio.setAttribute("aria-label", `${name}, ${face(length)}`));
    audio.src = URL.createObjectURL(blob);
    if (index) box.insertBefore(audio, box.lastElementChild);
  }
  box.lastElementChild.addEventListener("click", async () => {
    await recorder.forget(...place);
    for (const audio of box.querySelectorAll("audio")) { audio.pause(); URL.revokeObjectURL(audio.src); audio.removeAttribute("src"); }
    box.hidden = true;
    said();
  });
}
