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
})
