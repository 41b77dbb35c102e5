// Loading a page again, as news of the server asks for: it must not win over somebody who is just leaving the page.

const PATIENCE = 10000; // ms after which a way out that was begun counts as given up
let left = -Infinity;
addEventListener("beforeunload", () => { left = performance.now(); });
addEventListener("pageshow", () => { left = -Infinity; });

/** Loads the page again, unless another is being opened; whether it does. */
export function loadAgain() {
  if (performance.now() - left < PATIENCE) return false;
  location.reload();
  return true;
}
