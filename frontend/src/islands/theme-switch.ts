// <theme-switch>: theme and text size without a reload. Without JavaScript its form posts to the server instead.

const YEAR_S = 365 * 24 * 3600;

class ThemeSwitch extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (!button || (button.name !== "theme" && button.name !== "text")) return;
      event.preventDefault();
      this.choose(button.name, button.value);
    });
  }

  private choose(name: "theme" | "text", value: string): void {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `ngomon_${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
    document.documentElement.dataset[name] = value;
    for (const button of this.querySelectorAll<HTMLButtonElement>(`button[name=${name}]`)) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
    document.dispatchEvent(new CustomEvent("look-changed"));
  }
}

customElements.define("theme-switch", ThemeSwitch);
