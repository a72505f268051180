// What htmx needs to talk to the server, and what the person needs to know when it cannot.

import { say } from "./texts.ts";
import { toast } from "./toasts.ts";

function csrfToken(): string {
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  return field?.value ?? /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** Give each htmx request its token; say so when the network or the server fails. */
export function startNetwork(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const detail = (event as CustomEvent<{ verb: string; headers: Record<string, string> }>).detail;
    if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:responseError", () => toast(say("ui.js.net.failed"), "danger"));
  document.addEventListener("htmx:sendError", () =>
    toast(say(navigator.onLine ? "ui.js.net.failed" : "ui.js.net.offline"), "danger"),
  );
  window.addEventListener("offline", () => toast(say("ui.js.net.offline")));
  window.addEventListener("online", () => toast(say("ui.js.net.online")));
}
