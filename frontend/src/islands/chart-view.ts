// <chart-view>: a chart over its own table. The table comes from the server and stays one press away.

import { element } from "../dom.ts";
import { say } from "../texts.ts";

export interface ChartData {
  kind: "bar" | "line" | "area";
  x: string[];
  unit?: string;
  /** Bars from left to right, for names that are long. */
  lying?: boolean;
  series: ChartSeries[];
}

export interface ChartSeries {
  name: string;
  values: (number | null)[];
  /** Where the values lie nine times of ten: a band around a line, a whisker on a bar. */
  low?: number[];
  high?: number[];
}

type Drawn = { redraw: () => void; image: () => string; remove: () => void };

class ChartView extends HTMLElement {
  private drawn: Drawn | undefined;
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void this.draw();
    });
    seen.observe(this);
    this.stop.signal.addEventListener("abort", () => seen.disconnect());
  }

  disconnectedCallback(): void {
    this.stop.abort();
    this.drawn?.remove();
  }

  private async draw(): Promise<void> {
    const plot = this.querySelector<HTMLElement>(".chart__plot");
    const table = this.querySelector<HTMLElement>(".chart__table");
    const raw = this.querySelector('script[type="application/json"]')?.textContent;
    if (!plot || !table || !raw || this.drawn) return;
    const { drawChart } = await import("../charts.ts");
    plot.hidden = false;
    table.hidden = true;
    this.drawn = drawChart(plot, JSON.parse(raw) as ChartData, this.querySelector(".chart__title")?.textContent ?? "");
    this.querySelector(".chart__head")?.append(this.buttons(plot, table));
    const redraw = (): void => this.drawn?.redraw();
    document.addEventListener("look-changed", () => requestAnimationFrame(redraw), { signal: this.stop.signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal: this.stop.signal });
  }

  private buttons(plot: HTMLElement, table: HTMLElement): HTMLElement {
    const swap = element("button", { type: "button", class: "button button--plain button--small" }, say("ui.js.chart.table"));
    swap.addEventListener("click", () => {
      const toTable = table.hidden;
      table.hidden = !toTable;
      plot.hidden = toTable;
      swap.textContent = say(toTable ? "ui.js.chart.chart" : "ui.js.chart.table");
    });
    const save = element("button", { type: "button", class: "button button--plain button--small" }, say("ui.js.chart.save"));
    save.addEventListener("click", () => {
      if (this.drawn) element("a", { href: this.drawn.image(), download: "ngomon.png" }).click();
    });
    return element("div", { class: "row" }, swap, save);
  }
}

customElements.define("chart-view", ChartView);
