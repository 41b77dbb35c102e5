// What the layout tests ask a page: an object of functions, evaluated in the page.
({
  /** [pixels, text] of the smallest text that is shown; text in charts as it is scaled. */
  smallestText() {
    let least = [99, ""];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
      const parent = node.parentElement;
      if (!node.data.trim() || !parent.checkVisibility()) continue;
      if (parent.closest("script,.vh,title,sub,sup,math")) continue;
      let size = parseFloat(getComputedStyle(parent).fontSize);
      if (parent instanceof SVGElement) size *= parent.getScreenCTM().a;
      if (size < least[0]) least = [Math.round(size * 10) / 10, node.data.trim().slice(0, 40)];
    }
    return least;
  },

  /** Targets under 24 pixels. WCAG 2.5.8 leaves links within a sentence alone; a label is part of its box. */
  smallTargets() {
    const inSentence = (one) => one.tagName === "A" && one.closest("p:not(.meta),small,li,.note")
      && one.parentElement.textContent.trim() !== one.textContent.trim();
    return [...document.querySelectorAll("a,button,input:not([type=hidden]),select,summary")]
      .filter((one) => one.checkVisibility() && !one.closest(".vh,.skip,.md") && !inSentence(one))
      .map((one) => [one.outerHTML.slice(0, 90), (one.closest("label") ?? one).getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24)
      .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`);
  },

  /** How many characters the widest line of a paragraph has room for. */
  widestLine() {
    const probe = document.createElement("canvas").getContext("2d");
    let most = 0;
    for (const block of document.querySelectorAll("main p")) {
      if (!block.checkVisibility() || block.textContent.length < 75) continue;
      const style = getComputedStyle(block);
      probe.font = `${style.fontSize} ${style.fontFamily}`;
      const letter = probe.measureText("the quick brown fox jumps over the lazy dog and runs").width / 52;
      most = Math.max(most, block.getBoundingClientRect().width / letter);
    }
    return most;
  },

  /** Where the parts of the review stand that must not move when the answer is shown. */
  places() {
    const box = (name) => document.querySelector(name).getBoundingClientRect();
    const question = box("#question"), bar = box(".bar"), progress = box("#progress");
    return {
      question: [question.x, question.y, question.width, question.height],
      bar: [bar.y, bar.height], progress: [progress.x, progress.y, progress.width],
    };
  },

  /** How many pieces of a card are wider than their box and scroll in it. */
  scrollingInside() {
    const wide = (one) => one.scrollWidth > one.clientWidth + 1;
    return [...document.querySelectorAll(".card .scroll-x,.card pre")].filter(wide).length;
  },

  /** Words that are broken though their column has no room for eight letters: "an|sw|er". */
  brokenWords() {
    const found = [], range = document.createRange();
    for (const node of this.texts()) {
      for (const { 0: word, index } of node.data.matchAll(/[^\s\p{Pd}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu)) {
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size < 2) continue;
        const lines = new Map(); // by their place: the letters
        for (let at = 0; at < word.length; at++) {
          range.setStart(node, index + at);
          range.setEnd(node, index + at + 1);
          const top = Math.round(range.getBoundingClientRect().top);
          lines.set(top, (lines.get(top) ?? "") + word[at]);
        }
        const parts = [...lines.values()];
        if (parts.slice(0, -1).some((part) => part.length < 8 && /[\p{L}\p{N}]$/u.test(part))) found.push(parts.join("|"));
      }
    }
    return found;
  },

  /** Texts that end outside of their button, or of what can be seen or scrolled to. */
  cutTexts() {
    const found = [], range = document.createRange();
    for (const node of this.texts()) {
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect(), size = parseFloat(getComputedStyle(node.parentElement).fontSize);
      const button = node.parentElement.closest(".btn")?.getBoundingClientRect();
      if (button && (text.left < button.left || text.right > button.right)) found.push(`${node.data.trim()} (outside of its button)`);
      let scrolls = false;
      for (let box = node.parentElement; box && !scrolls; box = box.parentElement) {
        const style = getComputedStyle(box), seen = box.getBoundingClientRect();
        scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) && box !== document.documentElement;
        if (scrolls || style.display === "inline" || !/hidden|clip/.test(style.overflowX)) continue;
        const [before, after] = [seen.left + box.clientLeft, seen.left + box.clientLeft + box.clientWidth];
        if (text.left < before - 1 || text.right > after + 1 || text.bottom > seen.bottom + size / 3) {
          found.push(`${node.data.trim()} (cut)`);
          break;
        }
      }
      if (!scrolls && text.right > innerWidth + 1) found.push(`${node.data.trim()} (outside)`);
    }
    return found;
  },

  /** Texts that are written over each other. What is fixed to the window lies over the page, so it is looked at by itself. */
  overlaps() {
    const found = [], range = document.createRange(), lines = [];
    for (const node of this.texts()) {
      let layer = node.parentElement;
      const seen = [];
      for (; layer && !/fixed|sticky/.test(getComputedStyle(layer).position); layer = layer.parentElement) {
        if (layer !== document.documentElement && getComputedStyle(layer).overflowY !== "visible") seen.push(layer.getBoundingClientRect());
      }
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width > 1 && seen.every((one) => box.bottom > one.top + 1 && box.top < one.bottom - 1)) lines.push({ node, layer, box });
      }
    }
    lines.sort((a, b) => a.box.top - b.box.top);
    lines.forEach((a, index) => {
      for (const b of lines.slice(index + 1)) {
        if (b.box.top > a.box.bottom) break;
        if (a.node === b.node || a.layer !== b.layer) continue;
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const high = Math.min(a.box.bottom, b.box.bottom) - b.box.top;
        if (wide > 2 && high > 0.4 * Math.min(a.box.height, b.box.height)) found.push(`${a.node.data.trim()} / ${b.node.data.trim()}`);
      }
    });
    return [...new Set(found)];
  },

  /** Links, buttons and fields that a finger cannot reach: something else lies over them, or they are outside. */
  unreachable() {
    const found = [];
    for (const one of document.querySelectorAll("a,button,input:not([type=hidden]),select,summary,textarea")) {
      if (!one.checkVisibility({ visibilityProperty: true }) || one.disabled || one.closest(".vh,.skip,.tabs")) continue;
      one.scrollIntoView({ block: "center", inline: "center" });
      const [box] = one.getClientRects();
      const hit = box && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      if (!hit || !(one.contains(hit) || hit.contains(one) && hit.closest("label") || [...(one.labels ?? [])].some((label) => label.contains(hit)))) {
        found.push(`${one.outerHTML.slice(0, 90)} under ${hit?.outerHTML.slice(0, 60)}`);
      }
    }
    return found;
  },

  /** Words and controls in a table of ours that only come into sight when the table is pushed sideways. */
  wordsAside() {
    const found = [], range = document.createRange();
    for (const table of document.querySelectorAll("table.data")) {
      const end = (table.closest(".scroll") ?? document.documentElement).getBoundingClientRect().right + 1;
      for (const one of table.querySelectorAll("a,button,input:not([type=hidden])")) {
        if (one.checkVisibility() && !one.closest(".vh") && one.getBoundingClientRect().right > end) found.push(one.outerHTML.slice(0, 90));
      }
      for (const node of this.texts()) {
        if (!table.tBodies[0]?.contains(node) || !/\p{L}{4,}/u.test(node.data)) continue;
        range.selectNodeContents(node);
        if (range.getBoundingClientRect().right > end) found.push(node.data.trim());
      }
    }
    return found;
  },

  /** The texts that are shown, and those of the editor's copy, which wraps as its field does; without charts and formulas. */
  * texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
      const parent = node.parentElement;
      if (!node.data.trim() || parent.closest("script,style,select,textarea,svg,math,.vh,.skip")) continue;
      if (parent.checkVisibility({ visibilityProperty: !parent.closest(".lines") })) yield node;
    }
  },
})
