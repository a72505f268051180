// <tick-list>: ticks of households are sent without leaving the page. Without network they wait in this browser and are
// sent when it is back, each with its own token and the time it was tapped, so that none counts twice.

import { say } from "../texts.ts";
import { toast } from "../toasts.ts";

interface Waiting {
  address: string;
  body: string;
}

const KEPT = "ngomon-ticks";
const AGAIN_MS = 15_000;

function kept(): Waiting[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]") as Waiting[];
  } catch {
    return [];
  }
}

function keep(waiting: Waiting[]): void {
  localStorage.setItem(KEPT, JSON.stringify(waiting));
}

async function send(tick: Waiting): Promise<boolean> {
  try {
    const answer = await fetch(tick.address, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
      body: tick.body,
    });
    if (!answer.ok && answer.status < 500) toast(say("ui.js.net.failed"), "danger");
    // What the server refuses is not asked again; what it could not take is.
    return answer.status < 500;
  } catch {
    return false;
  }
}

class TickList extends HTMLElement {
  private stop = new AbortController();
  private timer = 0;

  connectedCallback(): void {
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.addEventListener("submit", (event) => this.tick(event as SubmitEvent), { signal });
    window.addEventListener("online", () => void this.sendKept(), { signal });
    this.timer = window.setInterval(() => void this.sendKept(), AGAIN_MS);
    void this.sendKept();
  }

  disconnectedCallback(): void {
    this.stop.abort();
    window.clearInterval(this.timer);
  }

  private async tick(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement;
    const pressed = event.submitter as HTMLButtonElement | null;
    if (!pressed) return;
    event.preventDefault();
    const body = new URLSearchParams();
    new FormData(form).forEach((value, name) => body.set(name, String(value)));
    body.set("state", pressed.value);
    body.set("token", crypto.randomUUID());
    body.set("happened_at", new Date().toISOString());
    form.querySelectorAll("button").forEach((button) => {
      button.setAttribute("aria-pressed", String(button === pressed));
    });
    const one = form.closest("li");
    if (one) one.dataset.state = pressed.value;
    const tick = { address: form.action, body: body.toString() };
    const sent = await send(tick);
    if (!sent) keep([...kept(), tick]);
    const said = one?.querySelector(".ticks__said");
    if (said) said.textContent = sent ? "" : (this.getAttribute("waiting") ?? "");
  }

  private async sendKept(): Promise<void> {
    const waiting = kept();
    if (!waiting.length) return;
    const left: Waiting[] = [];
    for (const tick of waiting) if (!(await send(tick))) left.push(tick);
    // What was ticked meanwhile stands behind.
    keep([...left, ...kept().slice(waiting.length)]);
    if (!left.length) {
      this.querySelectorAll(".ticks__said").forEach((said) => {
        said.textContent = "";
      });
    }
  }
}

customElements.define("tick-list", TickList);
