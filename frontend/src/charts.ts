// ECharts, fetched only when a chart comes into view: bars from zero, lines named at their end, gaps where data is missing.

import { BarChart, LineChart, type BarSeriesOption, type LineSeriesOption } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { ChartData } from "./islands/chart-view.ts";
import { coloursOf, type Colours } from "./map/style.ts";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** Draws into this element; the caller redraws after a change of theme. */
export function drawChart(plot: HTMLElement, data: ChartData, title: string): { redraw: () => void; image: () => string; remove: () => void } {
  const chart = init(plot, undefined, { renderer: "svg" });
  const draw = (): void => chart.setOption(optionsOf(data, title, coloursOf(plot), plot.clientWidth), true);
  const size = new ResizeObserver(() => {
    if (plot.clientWidth > 0) chart.resize();
  });
  size.observe(plot);
  draw();
  return {
    redraw: draw,
    image: () => chart.getDataURL({ backgroundColor: coloursOf(plot)("surface") }),
    remove: () => {
      size.disconnect();
      chart.dispose();
    },
  };
}

/** Where there is room for it every bar bears its name, broken into lines; else some are left out. Units: CSS pixels. */
const NAME_WIDTH = 70;

function optionsOf(data: ChartData, title: string, colour: Colours, width: number): Record<string, unknown> {
  const text = { fontFamily: "Be Vietnam Pro", color: colour("ink-soft"), fontSize: 13 };
  const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const several = data.series.length > 1;
  const lines = data.kind !== "bar";
  const room = (width - 48) / data.x.length - 8;
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 150,
    textStyle: text,
    aria: { enabled: true, label: { description: title } },
    grid: { left: 8, right: lines && several ? 88 : 12, top: several && !lines ? 40 : 20, bottom: 8, containLabel: true },
    legend: { show: several && !lines, top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { ...text, color: colour("ink") } },
    tooltip: {
      trigger: "axis",
      backgroundColor: colour("surface"),
      borderColor: colour("line"),
      textStyle: { ...text, color: colour("ink") },
      valueFormatter: (value: unknown) => (typeof value === "number" ? `${figure.format(value)} ${data.unit ?? ""}` : "–"),
    },
    xAxis: {
      type: "category",
      data: data.x,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("line-strong") } },
      axisLabel: lines || room < NAME_WIDTH ? text : { ...text, interval: 0, overflow: "break", width: room, lineHeight: 18 },
    },
    yAxis: {
      type: "value",
      min: lines ? undefined : 0,
      splitLine: { lineStyle: { color: colour("line") } },
      axisLabel: { ...text, formatter: (value: number) => figure.format(value) },
    },
    series: data.series.map((one, n) => (lines ? lineOf(data, n, one.name, colour, several) : barOf(data, n, one.name, colour))),
  };
}

/** Purple leads; on dark paper it must be the lighter one. */
function seriesColour(n: number, colour: Colours): string {
  return [colour("hue"), colour("gold"), colour("river"), colour("leaf")][n] ?? colour(`data-${(n % 8) + 1}`);
}

function barOf(data: ChartData, n: number, name: string, colour: Colours): BarSeriesOption {
  const paint = seriesColour(n, colour);
  return { type: "bar", name, data: data.series[n]?.values ?? [], itemStyle: { color: paint, borderRadius: [4, 4, 0, 0] }, barMaxWidth: 28, barGap: "10%" };
}

function lineOf(data: ChartData, n: number, name: string, colour: Colours, several: boolean): LineSeriesOption {
  const paint = seriesColour(n, colour);
  return {
    type: "line",
    name,
    data: data.series[n]?.values ?? [],
    connectNulls: false,
    symbolSize: 6,
    lineStyle: { width: 2.5, color: paint },
    itemStyle: { color: paint },
    ...(data.kind === "area" ? { areaStyle: { color: paint, opacity: 0.14 } } : {}),
    endLabel: { show: several, formatter: "{a}", color: paint, fontFamily: "Be Vietnam Pro", fontWeight: 600 },
  };
}
