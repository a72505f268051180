// ECharts, fetched only when a chart comes into view: bars from zero, lines named at their end, gaps where data is missing.

import { BarChart, CustomChart, LineChart, type BarSeriesOption, type CustomSeriesOption, type LineSeriesOption } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { ChartData, ChartSeries } from "./islands/chart-view.ts";
import { element } from "./dom.ts";
import { coloursOf, type Colours } from "./map/style.ts";

use([BarChart, CustomChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const BAR_PX = 28;

/** Draws into this element; the caller redraws after a change of theme. */
export function drawChart(plot: HTMLElement, data: ChartData, title: string): { redraw: () => void; image: () => string; remove: () => void } {
  const chart = init(plot, undefined, { renderer: "svg" });
  const draw = (): void => chart.setOption(optionsOf(data, title, coloursOf(plot)), true);
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

function optionsOf(data: ChartData, title: string, colour: Colours): Record<string, unknown> {
  const text = { fontFamily: "Be Vietnam Pro", color: colour("ink-soft"), fontSize: 13 };
  const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const several = data.series.length > 1;
  const lines = data.kind !== "bar";
  const fanned = data.series.some((one) => one.low);
  const named = several && (!lines || fanned);
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 150,
    textStyle: text,
    aria: { enabled: true, label: { description: title } },
    grid: { left: 8, right: lines && several && !named ? 88 : 12, top: named ? 40 : 20, bottom: 8, containLabel: true },
    legend: {
      show: named,
      data: data.series.map((one) => one.name),
      top: 0,
      left: 0,
      icon: "roundRect",
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { ...text, color: colour("ink") },
    },
    tooltip: {
      trigger: "axis",
      backgroundColor: colour("surface"),
      borderColor: colour("line"),
      textStyle: { ...text, color: colour("ink") },
      formatter: (points: { dataIndex: number }[]) => told(data, points[0]?.dataIndex ?? 0, figure),
    },
    ...axesOf(data, text, colour, figure),
    series: data.series.flatMap((one, n): unknown[] =>
      lines ? [...fanOf(data, n, one, colour), lineOf(data, n, one.name, colour, several && !named)] : [barOf(data, n, one.name, colour), ...whiskerOf(data, one, n, colour)],
    ),
  };
}

/** What stands at one place, series by series, with the band where there is one. */
function told(data: ChartData, at: number, figure: Intl.NumberFormat): HTMLElement {
  const lines = data.series.map((one) => {
    const value = one.values[at];
    if (typeof value !== "number") return `${one.name}: –`;
    const band = one.low && one.high ? ` (${figure.format(one.low[at] ?? value)}–${figure.format(one.high[at] ?? value)})` : "";
    return `${one.name}: ${figure.format(value)}${band} ${data.unit ?? ""}`;
  });
  return element("div", {}, element("strong", {}, data.x[at] ?? ""), ...lines.map((line) => element("div", {}, line)));
}

function axesOf(data: ChartData, text: Record<string, unknown>, colour: Colours, figure: Intl.NumberFormat): Record<string, unknown> {
  const names = {
    type: "category",
    data: data.x,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour("line-strong") } },
    axisLabel: data.lying ? { ...text, width: 132, overflow: "break", lineHeight: 16 } : text,
    inverse: data.lying ?? false,
  };
  const figures = {
    type: "value",
    min: data.kind === "bar" || data.series.some((one) => one.low) ? 0 : undefined,
    splitLine: { lineStyle: { color: colour("line") } },
    axisLabel: { ...text, formatter: (value: number) => figure.format(value) },
  };
  return data.lying ? { xAxis: figures, yAxis: names } : { xAxis: names, yAxis: figures };
}

/** The band around a line: what lies below it unseen, the band itself shaded upon that. */
function fanOf(data: ChartData, n: number, one: ChartSeries, colour: Colours): LineSeriesOption[] {
  if (!one.low || !one.high) return [];
  const { low, high } = one;
  const unseen: LineSeriesOption = { type: "line", stack: `fan-${n}`, symbol: "none", silent: true, lineStyle: { opacity: 0 }, z: 1 };
  return [
    { ...unseen, data: low },
    { ...unseen, data: high.map((value, at) => value - (low[at] ?? 0)), areaStyle: { color: seriesColour(n, colour), opacity: data.series.length > 1 ? 0.14 : 0.2 } },
  ];
}

/** A whisker over a bar, from where it may be lower to where it may be higher. */
function whiskerOf(data: ChartData, one: ChartSeries, n: number, colour: Colours): CustomSeriesOption[] {
  if (!one.low || !one.high) return [];
  const { low, high } = one;
  const renderItem: CustomSeriesOption["renderItem"] = (_, api) => {
    const at = api.value(0) as number;
    const bar = api.barLayout?.({ count: data.series.length, barMaxWidth: BAR_PX, barGap: "10%" } as never)?.[n];
    const point = (value: number): number[] => api.coord(data.lying ? [value, at] : [at, value]);
    const [a, b] = [point(low[at] ?? 0), point(high[at] ?? 0)];
    const across = (bar?.offsetCenter ?? 0) as number;
    const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line" as const, shape: data.lying ? { x1: y1, y1: x1, x2: y2, y2: x2 } : { x1, y1, x2, y2 }, style: { stroke: colour("ink-soft"), lineWidth: 1.5 } });
    const [place, from, to] = data.lying ? [(a[1] ?? 0) + across, a[0] ?? 0, b[0] ?? 0] : [(a[0] ?? 0) + across, a[1] ?? 0, b[1] ?? 0];
    return { type: "group", children: [line(place, from, place, to), line(place - 4, from, place + 4, from), line(place - 4, to, place + 4, to)] };
  };
  return [{ type: "custom", renderItem, data: one.values.map((_, at) => [at, low[at] ?? 0, high[at] ?? 0]), encode: data.lying ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] }, silent: true, z: 5 }];
}

/** Purple leads; on dark paper it must be the lighter one. */
function seriesColour(n: number, colour: Colours): string {
  return [colour("hue"), colour("gold"), colour("river"), colour("leaf")][n] ?? colour(`data-${(n % 8) + 1}`);
}

function barOf(data: ChartData, n: number, name: string, colour: Colours): BarSeriesOption {
  const paint = seriesColour(n, colour);
  return { type: "bar", name, data: data.series[n]?.values ?? [], itemStyle: { color: paint, borderRadius: data.lying ? [0, 4, 4, 0] : [4, 4, 0, 0] }, barMaxWidth: BAR_PX, barGap: "10%" };
}

function lineOf(data: ChartData, n: number, name: string, colour: Colours, several: boolean): LineSeriesOption {
  const paint = seriesColour(n, colour);
  return {
    type: "line",
    name,
    data: data.series[n]?.values ?? [],
    connectNulls: false,
    symbolSize: 6,
    showSymbol: !data.series[n]?.low,
    z: 3,
    lineStyle: { width: 2.5, color: paint, type: data.series[n]?.low && n > 0 ? "dashed" : "solid" },
    itemStyle: { color: paint },
    ...(data.kind === "area" ? { areaStyle: { color: paint, opacity: 0.14 } } : {}),
    endLabel: { show: several, formatter: "{a}", color: paint, fontFamily: "Be Vietnam Pro", fontWeight: 600 },
  };
}
