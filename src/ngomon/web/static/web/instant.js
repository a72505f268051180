// The countdown to the next contact, by the city's clock, once a second; the list itself is fetched again by htmx.
const server = Date.parse(document.documentElement.dataset.now ?? "");
const ahead = Number.isNaN(server) ? 0 : server - Date.now();

function tick() {
  for (const time of document.querySelectorAll("[data-countdown]")) {
    const left = Math.round((Date.parse(time.dataset.countdown) - Date.now() - ahead) / 1000);
    const shown = Math.max(0, left);
    time.textContent = `${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")}`;
  }
}

setInterval(tick, 1000);
document.addEventListener("htmx:afterSwap", tick);
tick();
