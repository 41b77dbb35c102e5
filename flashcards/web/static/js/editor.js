// The editor: live preview, check rows that lead to their line, saving that never overwrites, a draft in the browser.

import { call, learner, Offline } from "./api.js";
import { drawPreview, markCurrent, substantive } from "./preview.js";
import { SourceField } from "./source.js";

const at = (id) => document.getElementById(id);
const form = at("edit-form"), path = form.dataset.path, field = new SourceField(at("source"), at("lines"), at("pane"));
const DRAFT = `flashcards.draft.${learner}.${path}`;
const WAIT = 150, POLL = 1000, LARGEST = 8 << 20;
let version = at("version").value; // of the file that the text was made from
let base = field.text;             // the text of that version, as far as this page knows
let other = null;                  // the file on the disk, while it is in conflict: {text, version}
let timer = 0, asked = 0, busy = false;

// --- preview

function changed() {
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT);
}

async function preview() {
  keepDraft();
  if (tooLarge()) return;
  const mine = ++asked;
  try {
    const { status, body } = await call("POST", "/preview", { path, source: field.text, known: drawPreview.known() });
    if (mine !== asked) return; // a later keystroke has asked again
    if (status === 200) { drawPreview(body); markCurrent(field.line); } else say(body.detail);
  } catch (error) {
    if (!(error instanceof Offline)) throw error;
    say("No connection: the preview waits. What you type is kept in this browser.");
  }
}

function tooLarge() {
  if (field.text.length <= LARGEST) return false;
  tell("The text has over 8 MiB: a deck file has at most that. Nothing was sent; take some of it out.");
  return true;
}

function go(line, column = 1) { field.go(line, column); }

// --- saving

async function save(over = version) {
  if (busy || tooLarge()) return;
  if (other && over !== other.version) return tell("The file on the disk is another one: choose below which text to keep.");
  busy = true;
  const text = field.text;
  try {
    const { status, body } = await call("PUT", "/source", { path, source: text, version: over, substantive: substantive() });
    if (status === 200) saved(body, text);
    else if (status === 409) await conflict(body.detail);
    else tell(body.detail);
  } catch (error) {
    if (!(error instanceof Offline)) throw error;
    tell("No connection: nothing was saved. Your text is kept in this browser.");
  } finally {
    busy = false;
  }
}

function saved(report, text) {
  version = at("version").value = report.version;
  base = text;
  other = null;
  at("conflict").hidden = true;
  tell(report.trouble && `Saved, but: ${report.trouble}`);
  substantive.clear();
  const counts = [[report.new, "new"], [report.edited, "changed"], [report.moved, "moved"], [report.restored, "restored"], [report.removed, "removed"], [report.returned, "back tomorrow"]];
  const told = counts.filter(([count]) => count).map(([count, name]) => `${count.toLocaleString("en")} ${name}`).join(", ");
  say(`Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}${told ? ` · ${told}` : ""}`);
  preview();
}

// --- the file on the disk: looked at while the page is seen

async function fetchDisk(known) {
  const headers = { "Flashcards-Learner": learner, ...(known ? { "If-None-Match": `"${known}"` } : {}) };
  const response = await fetch(`/api/v1/source?${new URLSearchParams({ path })}`, { headers, cache: "no-store" });
  if (response.status === 304) return null;
  if (response.status === 404) return { text: "", version: "" };
  if (!response.ok) return null; // unreadable for now: saving says why
  const { source, version: now } = await response.json();
  return { text: source, version: now };
}

async function look() {
  if (document.hidden || busy) return;
  const disk = await fetchDisk(other?.version ?? version).catch(() => null);
  if (!disk || busy || disk.version === (other?.version ?? version)) return;
  if (disk.version && field.text === base) { // nothing typed: follow the file
    field.text = base = disk.text;
    version = at("version").value = disk.version;
    say("Read again from the disk");
    return preview();
  }
  if (disk.version && disk.text === field.text) { // somebody saved the same text
    version = at("version").value = disk.version;
    base = disk.text;
    return keepDraft();
  }
  showOther(disk, disk.version ? `${path} has changed on the disk since you opened it.` : `${path} is gone: it was deleted or renamed.`);
}

async function conflict(why) {
  const disk = await fetchDisk("").catch(() => null);
  if (disk) showOther(disk, why);
  else tell(why);
}

function showOther(disk, why) {
  other = disk;
  tell(why);
  at("conflict").hidden = at("over").hidden = false;
  at("conflict-name").textContent = disk.version ? "On the disk now" : "The file is gone";
  at("theirs").value = disk.text;
  at("theirs").hidden = at("swap").hidden = !disk.version;
  at("take-theirs").hidden = true;
}

at("over").addEventListener("click", () => save(other.version));
at("swap").addEventListener("click", () => { // nothing is lost: the two texts change places
  const mine = field.text;
  field.text = at("theirs").value;
  at("theirs").value = mine;
  at("conflict-name").textContent = at("conflict-name").textContent === "Your text" ? "On the disk now" : "Your text";
  changed();
});

// --- the draft

function keepDraft() {
  try {
    if (field.text === base) localStorage.removeItem(DRAFT);
    else localStorage.setItem(DRAFT, JSON.stringify({ text: field.text, version }));
  } catch { /* the browser keeps nothing: the text is still in the page */ }
}

function offerDraft() {
  let draft = null;
  try { draft = JSON.parse(localStorage.getItem(DRAFT)); } catch { /* none */ }
  if (!draft || draft.text === field.text) return;
  const take = button("Go on with it", () => { field.text = draft.text; version = at("version").value = draft.version; tell(""); changed(); });
  const drop = button("Throw it away", () => { localStorage.removeItem(DRAFT); tell(""); });
  tell("This browser holds a draft of this deck that was not saved. ", take, " ", drop);
}

// --- pictures

async function addPicture(file) {
  if (file.size > 10 << 20) return tell("The picture has over 10 MiB; make it smaller.");
  say("Adding the picture");
  const headers = { "Flashcards-Learner": learner, "Content-Type": file.type || "application/octet-stream" };
  try {
    const response = await fetch(`/api/v1/pictures?${new URLSearchParams({ path })}`, { method: "POST", headers, body: file });
    const body = await response.json();
    if (!response.ok) return tell(body.detail);
    const words = file.name.replace(/\.\w+$/, "").replace(/[[\]\\]/g, "");
    field.insert(`![${words === "image" ? "" : words}](${body.name})`);
    say(`Added ${body.name}`);
    tell("");
  } catch {
    tell("No connection: the picture was not added.");
  }
}

const pictures = (list) => [...(list ?? [])].filter((file) => file.type.startsWith("image/"));
field.area.addEventListener("paste", (event) => take(event, event.clipboardData));
field.area.addEventListener("drop", (event) => take(event, event.dataTransfer));
field.area.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
at("picture").addEventListener("change", () => { for (const file of at("picture").files) addPicture(file); at("picture").value = ""; });

function take(event, data) {
  if (!data.files.length) return;
  event.preventDefault();
  const found = pictures(data.files);
  if (found.length) found.forEach(addPicture);
  else tell("Only pictures can be added here.");
}

// --- what is said

function say(text) { at("state").textContent = text; }

function tell(text, ...more) {
  if (!text) return at("notice").replaceChildren();
  const line = Object.assign(document.createElement("p"), { className: "note bad" });
  line.setAttribute("role", "alert");
  line.append(text, ...more);
  at("notice").replaceChildren(line);
}

function button(text, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: text });
  made.addEventListener("click", action);
  return made;
}

field.area.addEventListener("input", changed);
document.addEventListener("selectionchange", () => { if (document.activeElement === field.area) markCurrent(field.line); });
form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
at("lint").addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]");
  if (link) { event.preventDefault(); go(Number(link.dataset.line), Number(link.dataset.column)); }
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") { event.preventDefault(); save(); }
});
addEventListener("pagehide", keepDraft);

at("preview-button").hidden = true;
at("picture-label").hidden = false;
if (!at("conflict").hidden) showOther({ text: at("theirs").value, version }, at("notice").textContent.trim());
else offerDraft();
if (form.dataset.line) go(Number(form.dataset.line));
preview();
setInterval(look, POLL);
document.documentElement.dataset.ready = "";
