// <drawing-view>: a drawing in a frame that is zoomed by buttons, keys or the wheel with Ctrl, and dragged with the mouse.

import { element } from "../dom.ts";

const STEP = 1.25;
const LEAST = 0.1;
const MOST = 3;

class DrawingView extends HTMLElement {
  private scale = 1;
  private natural = 0;
  private stop = new AbortController();

  connectedCallback(): void {
    const frame = this.querySelector<HTMLElement>(".drawn");
    const svg = frame?.querySelector("svg");
    if (!frame || !svg) return;
    this.stop = new AbortController();
    this.natural = svg.viewBox.baseVal.width;
    const to = (scale: number): void => this.zoom(frame, svg, scale);
    const fit = (): void => to(frame.clientWidth / this.natural);
    if (!this.querySelector(".drawing-view__tools")) this.prepend(this.tools(to, fit));
    // It begins where the process does.
    const start = svg.querySelector<SVGCircleElement>(".drawn__shape circle");
    if (start && !location.hash) frame.scrollTo(0, start.cy.baseVal.value - frame.clientHeight / 2);
    const { signal } = this.stop;
    frame.addEventListener("keydown", (event) => this.press(event, to, fit), { signal });
    frame.addEventListener("wheel", (event) => this.wheel(event, to), { signal, passive: false });
    frame.addEventListener("pointerdown", (event) => this.drag(frame, event), { signal });
  }

  disconnectedCallback(): void {
    this.stop.abort();
  }

  private tools(to: (scale: number) => void, fit: () => void): HTMLElement {
    const button = (label: string, sign: string, act: () => void): HTMLElement => {
      const made = element("button", { type: "button", class: "button button--plain button--small", title: label, "aria-label": label }, sign);
      made.addEventListener("click", act);
      return made;
    };
    return element(
      "div",
      { class: "drawing-view__tools row" },
      button(this.dataset.out ?? "", "−", () => to(this.scale / STEP)),
      button(this.dataset.in ?? "", "+", () => to(this.scale * STEP)),
      button(this.dataset.fit ?? "", this.dataset.fit ?? "", fit),
    );
  }

  /** The middle of what is seen stays in the middle. */
  private zoom(frame: HTMLElement, svg: SVGSVGElement, scale: number): void {
    const next = Math.min(MOST, Math.max(LEAST, scale));
    const ratio = next / this.scale;
    const [x, y] = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2];
    this.scale = next;
    svg.setAttribute("width", String(Math.round(this.natural * next)));
    frame.scrollTo(x * ratio - frame.clientWidth / 2, y * ratio - frame.clientHeight / 2);
  }

  private press(event: KeyboardEvent, to: (scale: number) => void, fit: () => void): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") to(this.scale * STEP);
    else if (event.key === "-") to(this.scale / STEP);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  }

  private wheel(event: WheelEvent, to: (scale: number) => void): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    to(event.deltaY < 0 ? this.scale * STEP : this.scale / STEP);
  }

  private drag(frame: HTMLElement, event: PointerEvent): void {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const from = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
    const over = new AbortController();
    const move = (moved: PointerEvent): void => frame.scrollTo(from.x - moved.clientX, from.y - moved.clientY);
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", move, { signal: over.signal });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => over.abort(), { signal: over.signal });
  }
}

customElements.define("drawing-view", DrawingView);
