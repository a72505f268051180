// <work-queue>: the desk by keyboard. Items are links marked `data-item`; j and k move, Enter opens, a letter presses the
// button that bears it as `data-key`, x selects (with shift: all between), ? shows them all.

import { element, isWriting } from "../dom.ts";
import { say } from "../texts.ts";

// The newest case each list has shown: what comes in later is pointed out, wherever its due time puts it.
const newest = new Map<string, string>();

// What was selected in each list stays so when the list fetches itself again.
const picked = new Map<string, Set<string>>();

class WorkQueue extends HTMLElement {
  private stop = new AbortController();
  private last = -1;

  connectedCallback(): void {
    this.stop = new AbortController();
    document.addEventListener("keydown", (event) => this.press(event), { signal: this.stop.signal });
    this.addEventListener("click", (event) => {
      const item = (event.target as Element).closest<HTMLElement>("[data-item]");
      if (item) this.mark(item);
    });
    this.addEventListener("click", (event) => {
      const box = (event.target as Element).closest<HTMLInputElement>("input[data-pick]");
      if (box) this.pick(this.boxes().indexOf(box), box.checked, event.shiftKey);
    });
    for (const box of this.boxes()) box.checked = this.chosen().has(box.value);
    this.countPicked();
    this.pointOut();
  }

  private boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>("input[data-pick]")];
  }

  private chosen(): Set<string> {
    const list = this.getAttribute("hx-get")?.replace(/&chosen=.*/, "") ?? "";
    const found = picked.get(list) ?? new Set<string>();
    picked.set(list, found);
    return found;
  }

  /** Select or let go; with shift also all between here and where it was done last. */
  private pick(here: number, on: boolean, range: boolean): void {
    const boxes = this.boxes();
    const from = range && this.last >= 0 ? this.last : here;
    for (const box of boxes.slice(Math.min(from, here), Math.max(from, here) + 1)) {
      box.checked = on;
      if (on) this.chosen().add(box.value);
      else this.chosen().delete(box.value);
    }
    this.last = here;
    this.countPicked();
  }

  private countPicked(): void {
    const n = this.boxes().filter((box) => box.checked).length;
    const words = this.querySelector<HTMLElement>("[data-picked]");
    if (words) words.textContent = n ? say("ui.js.queue.picked", { n: String(n) }) : "";
    const go = this.querySelector<HTMLButtonElement>("[data-pick-go]");
    if (go) go.disabled = n === 0;
  }

  /** `x` selects the item that the keys stand on, unless a page's own action bears the letter. */
  private pickHere(range: boolean): boolean {
    const items = this.items();
    const focused = items.indexOf(document.activeElement as HTMLElement);
    const here = focused >= 0 ? focused : items.findIndex((item) => item.getAttribute("aria-current") === "true");
    const box = this.boxes()[here];
    if (!box) return false;
    const taken = [...document.querySelectorAll<HTMLElement>("[data-key=x]")].some((one) => one.offsetParent !== null);
    if (focused < 0 && taken) return false;
    this.pick(here, range || !box.checked, range);
    return true;
  }

  private pointOut(): void {
    const list = this.getAttribute("hx-get")?.replace(/&chosen=.*/, "");
    if (!list) return;
    const before = newest.get(list);
    const numbers = this.items().map((item) => item.querySelector("strong")?.textContent ?? "");
    newest.set(list, numbers.reduce((most, number) => (number > most ? number : most), before ?? ""));
    if (before === undefined) return;
    const fresh = this.items().filter((_, n) => (numbers[n] ?? "") > before);
    for (const item of fresh) item.classList.add("just-changed");
    const text = fresh.map((item) => item.querySelector("strong")?.textContent).join(", ");
    if (text) document.dispatchEvent(new CustomEvent("toast", { detail: { text: say("ui.js.queue.new", { numbers: text }) } }));
  }

  disconnectedCallback(): void {
    this.stop.abort();
  }

  private items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-item]")];
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (this.act(event.key)) event.preventDefault();
  }

  private act(key: string): boolean {
    if (key === "j" || key === "k") return this.move(key === "j" ? 1 : -1);
    if (key === "?") return this.help();
    if (key === "/") return this.search();
    if ((key === "x" || key === "X") && this.pickHere(key === "X")) return true;
    const wanted = key.toLowerCase();
    const button = [...document.querySelectorAll<HTMLElement>("[data-key]")].find(
      (one) => one.dataset["key"]?.toLowerCase() === wanted && one.offsetParent !== null,
    );
    button?.focus();
    button?.click();
    const opened = button?.closest("details[open]");
    if (button?.matches("summary") && opened) this.ready(opened);
    return button !== undefined;
  }

  /** In an action that was just opened: to the first field that wants something, else to the button that sends it. */
  private ready(action: Element): void {
    const wanting = [...action.querySelectorAll<HTMLInputElement>("input, select, textarea")].find(
      (field) => field.required && !field.value && field.type !== "hidden",
    );
    (wanting ?? action.querySelector<HTMLElement>("form button[type=submit].button:last-of-type"))?.focus();
  }

  private move(step: number): boolean {
    const items = this.items();
    const here = items.findIndex((item) => item.getAttribute("aria-current") === "true");
    const next = items[Math.min(items.length - 1, Math.max(0, here === -1 ? 0 : here + step))];
    if (!next) return false;
    next.focus();
    this.mark(next);
    if (next.hasAttribute("hx-get")) next.click();
    return true;
  }

  private mark(chosen: HTMLElement): void {
    for (const item of this.items()) {
      if (item === chosen) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
    chosen.scrollIntoView({ block: "nearest" });
  }

  private search(): boolean {
    const field = document.querySelector<HTMLInputElement>("input[type=search]");
    field?.focus();
    return field !== null;
  }

  private help(): boolean {
    const rows: [string, string][] = [
      ["j", say("ui.js.queue.next")],
      ["k", say("ui.js.queue.previous")],
      ["Enter", say("ui.js.queue.open")],
      ["x", say("ui.js.queue.pick")],
      ["Shift + x", say("ui.js.queue.pick_range")],
      ["/", say("ui.js.queue.search")],
      ["?", say("ui.js.queue.this_help")],
    ];
    for (const button of document.querySelectorAll<HTMLElement>("[data-key]")) {
      const label = button.querySelector("span")?.textContent ?? button.getAttribute("aria-label") ?? "";
      if (button.offsetParent !== null) rows.push([button.dataset["key"] ?? "", label.trim()]);
    }
    const list = element("dl", { class: "keys" });
    for (const [key, label] of rows) {
      list.append(element("dt", {}, element("kbd", {}, key)), element("dd", {}, label));
    }
    const title = element("h2", { id: "queue-help-title" }, say("ui.js.queue.help"));
    const close = element("button", { type: "button", class: "button button--quiet button--small" }, say("ui.js.close"));
    const dialog = element(
      "dialog",
      { class: "dialog", "aria-labelledby": "queue-help-title" },
      element("div", { class: "dialog__head" }, title, close),
      element("div", { class: "dialog__body" }, list),
    );
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return true;
  }
}

customElements.define("work-queue", WorkQueue);
