// The learner's voice, in this browser alone: recorded, kept in IndexedDB under the learner's id, played, deleted.
// Nothing of it is ever sent.

import { learner, OURS } from "./api.js";

const DATABASE = `${OURS}-recordings`, STORE = "takes", EVERY_MS = 3000;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function act(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode), request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

const range = (...parts) => IDBKeyRange.bound([learner, ...parts], [learner, ...parts, []]);

/** The recordings of a question, the oldest first; those of all questions without one. */
export const takes = (...place) => act("readonly", (store) => store.getAll(range(...place)));

/** Deletes them. */
export const forget = (...place) => act("readwrite", (store) => store.delete(range(...place)));

/** Why this page cannot record; "" where it can. */
export function trouble() {
  if (!isSecureContext) return "Recording needs https, or a server on this machine.";
  return navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder && globalThis.indexedDB ? "" : "This browser cannot record.";
}

/** Starts a recording of a question. `tell` is called with a sentence where it ends by itself.
 *  Gives a function that stops it and resolves when all is kept. Throws an Error with a sentence. */
export async function record(place, tell) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    throw new Error(error.name === "NotFoundError" ? "No microphone was found; go on in writing."
      : "The microphone was refused; go on in writing, or allow it.");
  }
  const recorder = new MediaRecorder(stream), parts = [], key = [learner, ...place, Date.now()];
  let saving = Promise.resolve(), end;
  const ended = new Promise((resolve) => { end = resolve; });
  recorder.ondataavailable = ({ data }) => {
    if (!data.size) return;
    parts.push(data);
    const blob = new Blob(parts, { type: recorder.mimeType });
    saving = saving.then(() => act("readwrite", (store) => store.put(blob, key)))
      .catch(() => tell("The browser’s storage is full: delete recordings under Practice."));
  };
  recorder.onstop = async () => {
    for (const track of stream.getTracks()) track.stop();
    await saving;
    end();
  };
  stream.getAudioTracks()[0].onended = () => {
    if (recorder.state !== "inactive") recorder.stop();
    tell("The microphone went away; what was recorded is kept.");
  };
  recorder.start(EVERY_MS);
  return () => {
    if (recorder.state !== "inactive") recorder.stop();
    return ended;
  };
}
