// Short messages at the edge of the page. The server sends one by the header `HX-Trigger: {"toast": {"text": …, "tone": …}}`.

import closeIcon from "lucide-static/icons/x.svg?raw";
import { element, icon } from "./dom.ts";
import { say } from "./texts.ts";

const STAYS_MS = 6000;

/** Show a message; a danger stays until it is dismissed. */
export function toast(text: string, tone: "info" | "danger" = "info"): void {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  const close = element("button", { type: "button", "aria-label": say("ui.js.toast.close") }, icon(closeIcon, 18));
  const shown = element("div", { class: `toast toast--${tone}` }, element("span", {}, text), close);
  close.addEventListener("click", () => shown.remove());
  place.append(shown);
  if (tone !== "danger") setTimeout(() => shown.remove(), STAYS_MS);
}

/** Listen for messages the server or an island sends as a `toast` event. */
export function startToasts(): void {
  document.addEventListener("toast", (event) => {
    const detail = (event as CustomEvent<{ text?: string; value?: string; tone?: string }>).detail;
    toast(detail.text ?? detail.value ?? "", detail.tone === "danger" ? "danger" : "info");
  });
}
