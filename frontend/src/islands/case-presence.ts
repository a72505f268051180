// <case-presence>: tells the server every ten seconds that this case is open here, at once when somebody begins to write,
// and when the page is left; the form's answer names the others. htmx sends the form, also when the stream says that
// somebody came or went.

class CasePresence extends HTMLElement {
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    document.addEventListener("input", (event) => this.notice(event.target), { signal: this.stop.signal });
    window.addEventListener("pagehide", () => this.leave(), { signal: this.stop.signal });
  }

  disconnectedCallback(): void {
    this.stop.abort();
  }

  private leave(): void {
    const form = this.querySelector("form");
    const address = form?.getAttribute("hx-post");
    if (!form || !address) return;
    const said = new FormData(form);
    said.set("doing", "gone");
    navigator.sendBeacon(address, said);
  }

  private notice(target: EventTarget | null): void {
    if (!(target instanceof Element) || !target.closest(".act__form")) return;
    const doing = this.querySelector<HTMLInputElement>("input[name=doing]");
    const form = this.querySelector("form");
    if (!doing || !form || doing.value === "working") return;
    doing.value = "working";
    window.htmx.trigger(form, "beat");
  }
}

customElements.define("case-presence", CasePresence);
