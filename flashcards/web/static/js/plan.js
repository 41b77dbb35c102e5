// The plan's page: a choice of minutes or aim is worked out at once, without the button.

import "./minutes.js";

const form = document.getElementById("tune");
const button = form.querySelector("[data-again]");
button.hidden = true;
form.querySelector(".tune").addEventListener("change", () => form.requestSubmit());

// What lies folded under the link to it is opened.
const weights = document.getElementById("weights");
for (const link of document.querySelectorAll('[href="#weights"]')) link.addEventListener("click", () => { weights.open = true; });
