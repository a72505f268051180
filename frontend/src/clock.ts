// Times that move: due badges and "12 phút trước" are said anew every half minute, by the city's clock.

import { say } from "./texts.ts";
import { ago, dueTone, span } from "./spans.ts";

const EVERY_MS = 30_000;
let ahead = 0;

/** The city's instant now, in milliseconds; the device's own clock may be wrong, and a demonstration's is wound. */
export function cityNow(): number {
  return Date.now() + ahead;
}

class DueClock extends HTMLElement {
  connectedCallback(): void {
    this.refresh();
  }

  refresh(): void {
    const at = Date.parse(this.getAttribute("at") ?? "");
    const label = this.querySelector(":scope > span");
    if (Number.isNaN(at) || !label || this.hasAttribute("still")) return;
    const left = (at - cityNow()) / 1000;
    label.textContent = say(left > 0 ? "ui.due.left" : "ui.due.late", { span: span(left) });
    const tone = dueTone(left, Number(this.getAttribute("soon") ?? 86_400));
    for (const other of ["neutral", "amber", "red"]) this.classList.toggle(`badge--${other}`, other === tone);
  }
}

function refreshAll(): void {
  for (const clock of document.querySelectorAll<DueClock>("due-clock:not([still])")) clock.refresh?.();
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-when]")) {
    const said = ago((cityNow() - Date.parse(time.dateTime)) / 1000);
    if (said) time.textContent = said;
  }
}

/** Take the server's instant from the page and keep every clock in it going. */
export function startClock(): void {
  const server = Date.parse(document.documentElement.dataset["now"] ?? "");
  if (!Number.isNaN(server)) ahead = server - Date.now();
  customElements.define("due-clock", DueClock);
  setInterval(refreshAll, EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refreshAll();
  });
}
