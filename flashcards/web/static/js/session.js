// The cards that this page holds and what is left of the day. The server says which cards come; this consumes
// them, sends failed ones through the drill, and asks for more before they run out.

import { call, Offline, uuid } from "./api.js";
import { apart } from "./apart.js";
import * as outbox from "./outbox.js";

const REFILL_BELOW = 8;
const AHEAD = 20;
const PASS = 4;
const PAGES = "flashcards-pages"; // the cache that the service worker keeps, and clears at logout

export class Session {
  /** `data` is what the server wrote into the page. */
  constructor(data) {
    Object.assign(this, { learner: data.learner, drill: data.drill, grades: data.grades, filters: data.filters });
    this.pageAt = data.at;
    this.serverClock = data.at - performance.now(); // never ahead of the server's: the page took time to come
    this.begin(data.queue);
    this.history = [];
    this.exhausted = data.queue.cards.length < AHEAD;
    this.moves = 0; // answers so far: tells a refill which of them came while it was under way
  }

  begin(queue) {
    this.held = queue.cards;
    this.left = { ...queue.left };
    this.done = queue.total_today - total(queue.left);
    this.#setApart();
  }

  /** Confusable cards do not follow one another; the card that is being asked stays. */
  #setApart() {
    const [first, ...others] = this.held;
    if (first) this.held = [first, ...apart(others, first.confusable)];
  }

  get mode() { return this.filters.mode ?? "review"; }

  get card() { return this.held[0]; }

  get leftTotal() { return total(this.left); }

  /** Goes on where an older page of this browser stopped, if this one came from the cache; counts answers that
   *  the server did not know when it made the page. Returns whether the first card changed. */
  async resume() {
    const first = this.card?.id, kept = await this.#kept();
    let known = [];
    if (kept && kept.learner === this.learner && kept.at > this.pageAt) {
      this.begin(kept.queue);
      this.history = kept.history;
      this.exhausted = true;
      known = kept.known;
    }
    for (const answer of outbox.waiting()) if (!known.includes(answer.id) && !answer.undo) this.apply(answer);
    return this.card?.id !== first;
  }

  /** Answers the card: stored in this browser before anything else happens. */
  answer(grade, ms) {
    const { id: card, revision } = this.card;
    const answer = { id: uuid(), card, revision, grade, at: Date.now(), ms, mode: this.mode };
    outbox.add(answer);
    this.apply(answer);
  }

  /** Counts an answer and moves on; a failed card comes back at the end, until it is known. */
  apply({ id, card: cardId, grade, mode = "review" }, remember = true) {
    const index = this.held.findIndex((one) => one.id === cardId);
    if (index < 0 || mode !== this.mode) return;
    const [card] = this.held.splice(index, 1);
    this.moves++;
    this.left[card.kind]--;
    if (!this.#comesAgain(grade)) {
      this.done++;
    } else {
      this.left.drill++;
      const days = card.intervals[grade];
      const intervals = Object.fromEntries(Object.keys(card.intervals).map((quality) => [quality, days]));
      this.held.push({ ...card, kind: "drill", intervals, changed: null, returned_on: null });
    }
    this.#setApart();
    if (remember) this.history.push({ id, card, grade });
  }

  #comesAgain(grade) { return this.drill && grade < PASS; }

  /** Buries or suspends the card, on the server. Throws Offline, or an Error with what it says. */
  async act(verb, wholeNote) {
    const card = this.card;
    if (await outbox.flush()) throw new Offline();
    const { status, body } = await call("POST", `/cards/${card.id}/${verb}`, { id: uuid(), whole_note: wholeNote });
    if (status !== 200) throw new Error(body.detail);
    this.held = this.held.filter((one) => one.id !== card.id);
    this.#setApart();
    this.left[card.kind]--;
    this.moves++;
    this.history.push({ id: body.review, card, verb });
    await this.refill({ afresh: true }); // another card may come in its place, or its whole note be gone
  }

  /** Takes back the last answer or action. Gives true, or a card that only the server can show. */
  async undo() {
    const last = this.history.at(-1);
    if (outbox.busy()) await outbox.flush();
    if (!last || last.verb || outbox.takeBack(last.id) === "sent") {
      const elsewhere = await this.#undoOnServer(last?.id);
      if (elsewhere) return elsewhere;
    }
    this.history.pop();
    this.moves++;
    if (!last.verb || await this.refill({ afresh: true })) {
      this.left[last.card.kind]++;
      if (!last.verb && this.#comesAgain(last.grade)) this.left.drill--;
      else if (!last.verb) this.done--;
    }
    this.held = [last.card, ...this.held.filter((one) => one.id !== last.card.id)];
    this.#setApart();
    return true;
  }

  async #undoOnServer(id) {
    if (id) {
      const { status, body } = await call("DELETE", `/reviews/${id}`);
      if (status === 200) return "";
      if (status !== 409) throw new Error(body.detail);
    }
    // After a reload, or when another device was the last to answer: the server knows which one it is.
    if (await outbox.flush()) throw new Offline();
    const { status, body } = await call("GET", "/reviews/last");
    if (status !== 200) throw new Error(body.detail);
    const undone = await call("DELETE", `/reviews/${body.review}`);
    if (undone.status !== 200) throw new Error(undone.body.detail);
    return undone.body;
  }

  /** Fetches more cards when few are left, or all of them `afresh`. Resolves to "" or to why the server could not
   *  be asked. */
  async refill({ afresh = false, always = afresh } = {}) {
    if (this.refilling) {
      const trouble = await this.refilling;
      if (!always) return trouble;
    }
    const fresh = this.held.filter((one) => one.kind !== "drill").length;
    if (!always && (this.exhausted || fresh >= REFILL_BELOW)) return "";
    this.refilling = this.#fetchMore(afresh).finally(() => { this.refilling = null; });
    return this.refilling;
  }

  async #fetchMore(afresh) {
    const trouble = await outbox.flush(); // first, so that the server counts these answers
    if (trouble) return trouble;
    const moves = this.moves, exclude = afresh ? "" : this.held.map((one) => one.id).join(",");
    const query = new URLSearchParams({ ...this.filters, limit: AHEAD, exclude });
    try {
      const { status, body } = await call("GET", `/queue?${query}`);
      if (status !== 200) return "server";
      if (afresh) this.begin(body);
      else this.#take(body, moves);
      this.exhausted = body.cards.length < AHEAD;
      return "";
    } catch (error) {
      if (error instanceof Offline) return "offline";
      throw error;
    }
  }

  #take(queue, moves) {
    // While the reply was under way a card may have been answered: it must not come again, nor its note.
    const gone = new Set(this.history.slice(-AHEAD).map((one) => one.card.note));
    const notes = new Set(this.held.map((one) => one.note));
    const idle = moves === this.moves;
    const more = queue.cards.filter((one) => !notes.has(one.note) && (idle || !gone.has(one.note)));
    const drillFrom = this.held.findIndex((one, index) => index > 0 && one.kind === "drill");
    const end = drillFrom < 0 ? this.held.length : drillFrom;
    this.held.splice(end, 0, ...more.filter((one) => one.kind !== "drill"));
    this.held.push(...more.filter((one) => one.kind === "drill"));
    this.#setApart();
    if (idle) {
      this.left = queue.left;
      this.done = queue.total_today - total(queue.left);
    }
  }

  /** The address of a page with this session's filters. */
  url(path, more = {}) {
    const query = String(new URLSearchParams({ ...this.filters, ...more }));
    return query ? `${path}?${query}` : path;
  }

  /** Keeps the state for a reload without connection; called when the page is idle. */
  async keep() {
    if (!globalThis.caches) return;
    const waiting = new Set(outbox.waiting().map((one) => one.id));
    const state = {
      learner: this.learner,
      at: this.serverClock + performance.now(),
      queue: { cards: this.held, left: this.left, total_today: this.done + this.leftTotal },
      history: this.history.filter((one) => waiting.has(one.id)),
      known: [...waiting],
    };
    const cache = await caches.open(PAGES);
    await cache.put(this.#address(), new Response(JSON.stringify(state)));
  }

  async #kept() {
    try {
      return await (await globalThis.caches?.match(this.#address()))?.json();
    } catch {
      return null;
    }
  }

  #address() { return this.url("/review/held"); }
}

function total(left) { return left.due + left.new + left.drill + (left.ahead ?? 0); }
