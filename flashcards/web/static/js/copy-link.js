// A link that is shown once: as a whole address, with a button that copies it.

const copy = document.querySelector("[data-copy]");
if (copy) {
  const link = document.querySelector("[data-link]");
  link.textContent = link.href;
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(link.href);
    copy.textContent = "Copied";
  });
}
