// Small helps of the citizen's pages; each page works without them.

// A place chosen by its words moves the pin and draws how far off it may be.
const placeField = () => document.querySelector("place-field");
const isSet = () => Boolean(document.querySelector(".place-field__numbers input")?.value);
function take(choice) {
  const [lon, lat, radius] = choice.value.split(",").map(Number);
  const field = placeField();
  if (Number.isFinite(lon) && Number.isFinite(lat) && typeof field?.put === "function") {
    field.put([lon, lat], choice.dataset.source || "words", radius);
  }
}
document.addEventListener("change", (event) => {
  const choice = event.target;
  if (choice instanceof HTMLInputElement && choice.name === "place_choice" && choice.checked) take(choice);
});

// The only reading comes chosen: show it, where nothing else said the place. An answer that was under way while
// somebody chose comes without the choice: give it back. An answer about words that have changed since sets nothing.
function showChosen() {
  const answered = document.querySelector("[data-place-choices]")?.dataset.placeChoices;
  if (answered !== document.querySelector("[name=place_words]")?.value) return;
  const choice = document.querySelector("input[name=place_choice]:checked");
  if (choice && !isSet()) return take(choice);
  if (choice || !["words", "asset"].includes(placeField()?.source)) return;
  const at = ["lon", "lat"].map((name) => document.querySelector(`.place-field__numbers [name=${name}]`)?.value).join(",");
  const own = [...document.querySelectorAll("input[name=place_choice]")].find((one) => one.value.startsWith(`${at},`));
  if (own) own.checked = true;
}
document.addEventListener("htmx:afterSettle", showChosen);
customElements.whenDefined("place-field").then(showChosen);

// Other words, another place: what the earlier words said no longer counts.
document.addEventListener("input", (event) => {
  const field = placeField();
  if (event.target?.name === "place_words" && ["words", "asset"].includes(field?.source)) field.clear();
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
