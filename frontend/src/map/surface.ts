// What a map can do, however it is drawn: by WebGL, or as a plain SVG where the device has none.

import type { FeatureCollection } from "geojson";
import type { Box, Layer } from "./data.ts";

export type Place = [lon: number, lat: number];

export interface Options {
  host: HTMLElement;
  label: string;
  layers: Layer[];
  points: FeatureCollection;
  circles: FeatureCollection;
  tiles: string;
  center: Place | undefined;
  zoom: number | undefined;
  bounds: Box | undefined;
  pick: boolean;
  wheel: boolean;
  onPick: (place: Place) => void;
  onSelect: (id: string, properties: Record<string, unknown>) => void;
  onMove: (bounds: Box, zoom: number) => void;
}

export interface Surface {
  /** The element that takes the keyboard. */
  readonly focus: HTMLElement;
  center(): Place;
  setPoints(points: FeatureCollection): void;
  setPin(place: Place, follow: boolean): void;
  clearPin(): void;
  /** Draw these circles of uncertainty, and no others. */
  setCircles(circles: FeatureCollection): void;
  show(box: Box): void;
  fly(place: Place, zoom?: number): void;
  zoomBy(step: number): void;
  restyle(): void;
  remove(): void;
}

const SVG = "http://www.w3.org/2000/svg";

/** Our pin: purple with a gold eye. */
export function pinElement(): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 40 48");
  svg.setAttribute("class", "pin");
  svg.setAttribute("aria-hidden", "true");
  const parts = { body: "M20 2a16 16 0 0 1 16 16c0 11-12 20-16 28C16 38 4 29 4 18A16 16 0 0 1 20 2z", eye: "M20 12a6 6 0 1 0 0 12 6 6 0 0 0 0-12z" };
  for (const [name, d] of Object.entries(parts)) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("style", name === "body" ? "fill:var(--hue);stroke:var(--surface);stroke-width:2" : "fill:var(--gold-soft)");
    svg.append(path);
  }
  return svg;
}
