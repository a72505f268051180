// <before-after>: two pictures under one slider. The slider is a range input, so that keys and screen readers work.

class BeforeAfter extends HTMLElement {
  connectedCallback(): void {
    const range = this.querySelector<HTMLInputElement>("input[type=range]");
    if (!range || this.classList.contains("is-on")) return;
    range.hidden = false;
    this.classList.add("is-on");
    const cut = (): void => this.style.setProperty("--cut", `${range.value}%`);
    range.addEventListener("input", cut);
    cut();
  }
}

customElements.define("before-after", BeforeAfter);
