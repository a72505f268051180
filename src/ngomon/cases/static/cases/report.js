// Small helps of the citizen's pages; each page works without them.

// A place chosen by its name moves the pin.
document.addEventListener("change", (event) => {
  const choice = event.target;
  if (!(choice instanceof HTMLInputElement) || choice.name !== "place_choice" || !choice.checked) return;
  const [lon, lat] = choice.value.split(",").map(Number);
  const field = document.querySelector("place-field");
  if (Number.isFinite(lon) && Number.isFinite(lat) && typeof field?.put === "function") field.put([lon, lat], "typed");
});

// A second tap while the first is on its way does nothing.
for (const form of document.querySelectorAll("form[data-report]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  window.addEventListener("pageshow", () => {
    isSent = false;
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.querySelector("span");
    if (words) words.textContent = button.dataset.copied;
  });
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// "Send it anyway": the card about where else it belongs steps aside, also when the suggestions come anew.
const left = new Set();
function stepAside() {
  for (const card of document.querySelectorAll("[data-exit]")) card.hidden = left.has(card.dataset.exit);
}
document.addEventListener("click", (event) => {
  const stay = event.target instanceof Element ? event.target.closest("[data-exit-stay]") : null;
  if (!stay) return;
  left.add(stay.dataset.exitStay);
  stepAside();
});
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, stepAside);
