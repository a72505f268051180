// <case-presence>: tells the server every ten seconds that this case is open here, and at once when somebody begins to
// write; the form's answer names the others. htmx sends the form.

class CasePresence extends HTMLElement {
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    document.addEventListener("input", (event) => this.notice(event.target), { signal: this.stop.signal });
  }

  disconnectedCallback(): void {
    this.stop.abort();
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
