// The draft of a deck that was not saved, kept by the browser: one for each learner and file.

export class Draft {
  constructor(key) {
    this.key = key;
    this.offered = false; // a draft of before is neither taken nor thrown away: leaving the page must keep it
  }

  /** Keeps the text and the version of the file that it was made from; drops what was kept where it is `base`. */
  keep(text, version, base) {
    try {
      if (text !== base) {
        localStorage.setItem(this.key, JSON.stringify({ text, version }));
        this.offered = false;
      } else if (!this.offered) localStorage.removeItem(this.key);
    } catch { /* the browser keeps nothing: the text is still in the page */ }
  }

  /** The draft of before, {text, version}; null where there is none, or where it is `text`. */
  offer(text) {
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(this.key)); } catch { /* none */ }
    if (!draft || draft.text === text) return null;
    this.offered = true;
    return draft;
  }

  /** The learner goes on with what was offered: from now on it is the page's text that is kept. */
  take() { this.offered = false; }

  /** The learner wants what was offered no more. */
  drop() {
    this.offered = false;
    localStorage.removeItem(this.key);
  }
}
