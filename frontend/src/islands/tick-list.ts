// <tick-list>: what is done in it is kept on this phone first, then sent: at once with network, else by Background Sync where the
// browser has it, else when the page is opened again. It says how many wait, when the last were sent, what was refused and why.

import { element } from "../dom.ts";
import { allActs, dropAct, isWaiting, keepAct, news, sendActs, SYNC, type Act } from "../offline/acts.ts";
import { keptAddresses, ownLists } from "../offline/lists.ts";
import { say } from "../texts.ts";
import { toast } from "../toasts.ts";

const AGAIN_MS = 15_000;
const page = document.documentElement.dataset;

interface Syncing extends ServiceWorkerRegistration {
  sync?: { register(tag: string): Promise<void> };
}

const hour = (instant: string): string =>
  new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date(instant));

class TickList extends HTMLElement {
  private stop = new AbortController();
  private timer = 0;
  private heard: BroadcastChannel | null = null;
  private registration: Syncing | null = null;
  private status = element("div", { class: "ticks__status", role: "status" });
  private refused = element("div", { class: "ticks__refused" });

  connectedCallback(): void {
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.prepend(this.status, this.refused);
    this.addEventListener("submit", (event) => void this.act(event as SubmitEvent), { signal });
    window.addEventListener("online", () => void this.send(), { signal });
    window.addEventListener("offline", () => void this.show(), { signal });
    this.heard = news();
    this.heard.onmessage = () => void this.show();
    this.timer = window.setInterval(() => void this.send(), AGAIN_MS);
    void this.register();
    void this.send();
  }

  disconnectedCallback(): void {
    this.stop.abort();
    this.heard?.close();
    window.clearInterval(this.timer);
  }

  /** Have the service worker keep this page; without one everything works as long as the page stays open. */
  private async register(): Promise<void> {
    const scope = this.getAttribute("scope");
    if (!scope || !("serviceWorker" in navigator) || !page["me"]) return;
    try {
      await navigator.serviceWorker.register("/ui/offline.js", { scope, updateViaCache: "none" });
      ownLists(page["me"]);
      this.registration = (await navigator.serviceWorker.ready) as Syncing;
      const address = location.href.split("#")[0] ?? "";
      if (!page["kept"] && !(await keptAddresses()).has(address)) this.registration.active?.postMessage(address);
      this.dataset["ready"] = "";
      await this.show();
    } catch {
      this.dataset["ready"] = "no";
    }
  }

  private async act(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement;
    const pressed = event.submitter as HTMLButtonElement | null;
    const kind = form.dataset["act"];
    if (!pressed || !kind) return;
    if (kind !== "tick" && pressed.value !== "done") {
      if (navigator.onLine) return;
      event.preventDefault();
      toast(say("ui.js.ticks.needs_network"), "danger");
      return;
    }
    event.preventDefault();
    const words = form.querySelector<HTMLInputElement>("input[name=outcome]");
    if (words && !words.value.trim()) {
      toast(say("ui.js.ticks.words"), "danger");
      words.focus();
      return;
    }
    const act: Act = {
      id: crypto.randomUUID(), who: page["me"] ?? "", kind: kind as Act["kind"], room: form.dataset["room"] ?? "",
      thing: form.dataset["thing"] ?? "", state: pressed.value, words: words?.value.trim() ?? "",
      at: new Date().toISOString(), seen: page["now"] ?? "",
    };
    await keepAct(act);
    await this.show();
    await this.send();
  }

  private async send(): Promise<void> {
    try {
      await sendActs();
    } catch {
      // Asked for after the act is kept: the browser may start it at once.
      await this.registration?.sync?.register(SYNC).catch(() => undefined);
    }
    await this.show();
  }

  private async show(): Promise<void> {
    const acts = (await allActs()).filter((act) => act.who === page["me"]);
    const waiting = acts.filter(isWaiting);
    const lines: string[] = [];
    if (page["kept"]) lines.push(say("ui.js.ticks.kept", { at: hour(page["now"] ?? page["kept"]) }));
    if (waiting.length) lines.push(say("ui.js.ticks.waiting", { n: waiting.length }));
    const sent = acts.map((act) => act.sent ?? "").sort().at(-1);
    if (sent) lines.push(say("ui.js.ticks.sent", { at: hour(sent) }));
    this.dataset["waiting"] = String(waiting.length);
    const said = lines.join(" ");
    if (this.status.textContent !== said) this.status.textContent = said;
    this.refused.replaceChildren(...acts.filter((act) => act.result === "refused").map((act) => this.refusal(act)));
    for (const form of this.querySelectorAll<HTMLFormElement>("form[data-act]")) this.mark(form, acts);
    await this.markLists();
  }

  /** A household or ticket as this phone last left it, where that is newer than the page. */
  private mark(form: HTMLFormElement, acts: Act[]): void {
    const own = acts.filter((act) => act.thing === form.dataset["thing"] && act.result !== "refused");
    const last = own.at(-1);
    const one = form.closest<HTMLElement>("li, .card");
    if (!last || !one || (last.sent && page["now"] && last.sent < page["now"])) return;
    form.querySelectorAll<HTMLButtonElement>("button[name=state]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.value === last.state));
    });
    one.dataset["state"] = last.state;
    const said = one.querySelector(".ticks__said");
    const words = isWaiting(last) ? say("ui.js.ticks.waits") : (last.said ?? "");
    if (said && said.textContent !== words) said.textContent = words;
  }

  private refusal(act: Act): HTMLElement {
    const seen = element("button", { class: "button button--quiet button--small", type: "button" }, say("ui.js.ticks.understood"));
    seen.addEventListener("click", () => void dropAct(act.id).then(() => this.show()));
    const who = this.querySelector(`form[data-thing="${act.thing}"]`)?.closest("li, .card")?.querySelector("strong")?.textContent;
    const words = say("ui.js.ticks.refused", { at: hour(act.at), what: who ?? act.words, why: act.said ?? "" });
    return element("div", { class: "alert alert--danger", role: "alert" }, element("p", {}, words), seen);
  }

  /** Say of each list whether it opens without network. */
  private async markLists(): Promise<void> {
    const links = this.querySelectorAll<HTMLAnchorElement>("a[data-list]");
    if (!links.length) return;
    const kept = await keptAddresses();
    for (const link of links) {
      const note = link.querySelector(".ticks__kept");
      if (note) note.textContent = say(kept.has(link.href) ? "ui.js.ticks.on_phone" : "ui.js.ticks.not_on_phone");
    }
  }
}

customElements.define("tick-list", TickList);
