// What every page loads: the styles, htmx, and the small behaviours. Islands come when a page holds one.

import "../css/index.css";
import htmx from "htmx.org";
import { startClock } from "./clock.ts";
import { startDialogs } from "./dialogs.ts";
import { startFilling } from "./filling.ts";
import { startNetwork } from "./network.ts";
import { startLeaving } from "./offline/leaving.ts";
import { startToasts } from "./toasts.ts";
import "./islands/theme-switch.ts";
import "./islands/live-feed.ts";

const ISLANDS: Record<string, () => Promise<unknown>> = {
  "hue-map": () => import("./islands/hue-map.ts"),
  "place-field": () => import("./islands/place-field.ts"),
  "photo-field": () => import("./islands/photo-field.ts"),
  "before-after": () => import("./islands/before-after.ts"),
  "work-queue": () => import("./islands/work-queue.ts"),
  "case-presence": () => import("./islands/case-presence.ts"),
  "tick-list": () => import("./islands/tick-list.ts"),
  "chart-view": () => import("./islands/chart-view.ts"),
  "drawing-view": () => import("./islands/drawing-view.ts"),
  "blur-field": () => import("./islands/blur-field.ts"),
};
const loaded = new Set<string>();

/** Fetch the code of every island this part of the page holds. */
function wake(root: ParentNode): void {
  for (const [tag, load] of Object.entries(ISLANDS)) {
    if (loaded.has(tag) || !root.querySelector(tag)) continue;
    loaded.add(tag);
    load().catch(() => loaded.delete(tag));
  }
}

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;

startNetwork();
startToasts();
startDialogs();
startClock();
startLeaving();
startFilling();
wake(document);
// Where tabs do not fit, the one that is open is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.addEventListener("htmx:load", (event) => wake(event.target as ParentNode));
