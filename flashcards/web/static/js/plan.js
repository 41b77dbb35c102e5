// The plan's page: a choice of minutes or aim reckons at once, without the button.

const form = document.getElementById("tune");
const button = form.querySelector("[data-again]");
button.hidden = true;
form.querySelector(".tune").addEventListener("change", () => form.requestSubmit());
