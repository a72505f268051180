// The plain map: an SVG of the same layers, for devices without WebGL and for those who save data. Points are links.

import type { FeatureCollection, Geometry, Position } from "geojson";
import { element } from "../dom.ts";
import { say } from "../texts.ts";
import { boxAround, type Box, type Layer } from "./data.ts";
import { kindOf, STATE_TONES } from "./style.ts";
import { pinElement, type Options, type Place, type Surface } from "./surface.ts";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 800;
const LOOKS: Record<string, string> = {
  boundary: "fill:var(--map-land);stroke:var(--map-edge);stroke-width:2",
  area: "fill:var(--map-land);stroke:var(--map-edge);stroke-width:0.75",
  river: "fill:none;stroke:var(--map-water);stroke-width:5",
  road: "fill:none;stroke:var(--map-road-edge);stroke-width:1.5",
  rail: "fill:none;stroke:var(--map-edge);stroke-width:1;stroke-dasharray:4 3",
};

/** Draws the map once; zoom buttons change its window. */
export function drawPlain(options: Options): Surface {
  return new Plain(options);
}

class Plain implements Surface {
  private readonly svg: SVGSVGElement;
  private readonly marks: SVGGElement;
  private readonly list = element("ul");
  private readonly panel: HTMLElement;
  private readonly whole: Box;
  private box: Box;
  private pin: Place | undefined;
  private points: FeatureCollection;
  private circles: FeatureCollection;
  private readonly options: Options;

  constructor(options: Options) {
    this.options = options;
    this.points = options.points;
    this.circles = options.circles;
    this.whole = options.bounds ?? boxAround(options.layers.flatMap((layer) => layer.data.features)) ?? [107, 16, 108.2, 16.8];
    this.box = options.center ? around(options.center, options.zoom ?? 12) : this.whole;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "map__svg");
    this.svg.setAttribute("role", options.pick ? "application" : "img");
    this.svg.setAttribute("aria-label", options.label);
    this.svg.setAttribute("tabindex", "0");
    const ground = document.createElementNS(SVG, "g");
    for (const layer of options.layers) ground.append(...this.shapes(layer));
    this.marks = document.createElementNS(SVG, "g");
    this.svg.append(ground, this.marks);
    this.panel = element("details", { class: "map__list" }, element("summary"), this.list);
    options.host.append(this.svg);
    if (!options.pick) options.host.append(this.panel);
    this.svg.addEventListener("click", (event) => this.click(event));
    this.look();
    this.setPoints(options.points);
  }

  get focus(): HTMLElement {
    return this.svg as unknown as HTMLElement;
  }

  center(): Place {
    return [(this.box[0] + this.box[2]) / 2, (this.box[1] + this.box[3]) / 2];
  }

  setPoints(points: FeatureCollection): void {
    this.points = points;
    this.list.replaceChildren();
    for (const feature of points.features) {
      const about = feature.properties ?? {};
      const words = [about["title"], about["text"]].filter(Boolean).join(" · ");
      this.list.append(element("li", {}, about["url"] ? element("a", { href: String(about["url"]) }, words) : words));
    }
    const summary = this.panel.querySelector("summary");
    if (summary) summary.textContent = say("ui.js.map.list", { n: points.features.length });
    this.panel.hidden = points.features.length === 0;
    this.mark();
  }

  setPin(place: Place, follow: boolean): void {
    this.pin = place;
    if (follow) this.fly(place, 15);
    this.mark();
  }

  clearPin(): void {
    this.pin = undefined;
    this.mark();
  }

  setCircles(circles: FeatureCollection): void {
    this.circles = circles;
    this.mark();
  }

  show(box: Box): void {
    this.box = box;
    this.look();
  }

  fly(place: Place, zoom?: number): void {
    const span = zoom === undefined ? (this.box[2] - this.box[0]) / 2 : undefined;
    this.box = span === undefined ? around(place, zoom ?? 12) : [place[0] - span, place[1] - span, place[0] + span, place[1] + span];
    this.look();
  }

  zoomBy(step: number): void {
    const [lon, lat] = this.center();
    const factor = 2 ** -step / 2;
    const [w, h] = [(this.box[2] - this.box[0]) * factor, (this.box[3] - this.box[1]) * factor];
    this.box = [lon - w, lat - h, lon + w, lat + h];
    this.look();
  }

  restyle(): void {
    // Colours are custom properties: nothing to do.
  }

  remove(): void {
    this.svg.remove();
    this.panel.remove();
  }

  private get scale(): number {
    return WIDTH / (this.whole[2] - this.whole[0]);
  }

  private get squeeze(): number {
    return 1 / Math.cos((((this.whole[1] + this.whole[3]) / 2) * Math.PI) / 180);
  }

  private xy([lon = 0, lat = 0]: Position): [number, number] {
    return [(lon - this.whole[0]) * this.scale, (this.whole[3] - lat) * this.scale * this.squeeze];
  }

  private look(): void {
    const [left, top] = this.xy([this.box[0], this.box[3]]);
    const [right, bottom] = this.xy([this.box[2], this.box[1]]);
    this.svg.setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
    this.mark();
    this.options.onMove(this.box, 0);
  }

  private click(event: MouseEvent): void {
    const matrix = this.svg.getScreenCTM();
    if (!this.options.pick || !matrix) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    this.options.onPick([at.x / this.scale + this.whole[0], this.whole[3] - at.y / (this.scale * this.squeeze)]);
  }

  private shapes(layer: Layer): SVGPathElement[] {
    return layer.data.features.flatMap((feature) => {
      const d = feature.geometry ? this.path(feature.geometry) : "";
      if (!d) return [];
      const path = document.createElementNS(SVG, "path");
      const rail = /rail|sắt/.test(String(feature.properties?.["class"] ?? ""));
      path.setAttribute("d", d);
      path.setAttribute("style", `${LOOKS[rail ? "rail" : kindOf(layer)] ?? LOOKS["road"]};vector-effect:non-scaling-stroke`);
      return [path];
    });
  }

  private path(geometry: Geometry): string {
    const line = (run: Position[]): string => "M" + run.map((at) => this.xy(at).map((n) => n.toFixed(2)).join(" ")).join("L");
    switch (geometry.type) {
      case "LineString":
        return line(geometry.coordinates);
      case "MultiLineString":
        return geometry.coordinates.map(line).join("");
      case "Polygon":
        return geometry.coordinates.map((ring) => `${line(ring)}Z`).join("");
      case "MultiPolygon":
        return geometry.coordinates.flatMap((rings) => rings.map((ring) => `${line(ring)}Z`)).join("");
      default:
        return "";
    }
  }

  private mark(): void {
    const unit = (this.xy([this.box[2], 0])[0] - this.xy([this.box[0], 0])[0]) / 100;
    const made = this.points.features.flatMap((feature): SVGElement[] => {
      if (feature.geometry?.type !== "Point") return [];
      const [x, y] = this.xy(feature.geometry.coordinates);
      const dot = document.createElementNS(SVG, "circle");
      const tone = STATE_TONES[String(feature.properties?.["state"])] ?? "hue";
      for (const [name, value] of Object.entries({ cx: x, cy: y, r: unit })) dot.setAttribute(name, String(value));
      dot.setAttribute("style", `fill:var(--${tone});stroke:var(--surface);stroke-width:${unit / 4}`);
      return [dot];
    });
    const around = this.circles.features.map((feature): SVGElement => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", this.path(feature.geometry));
      path.setAttribute("style", "fill:var(--hue);fill-opacity:.14;stroke:var(--hue);stroke-width:2;stroke-dasharray:5 4;vector-effect:non-scaling-stroke");
      return path;
    });
    this.marks.replaceChildren(...around, ...made);
    if (!this.pin) return;
    const [x, y] = this.xy(this.pin);
    const pin = pinElement();
    const size = unit * 8;
    for (const [name, value] of Object.entries({ x: x - size / 2, y: y - size * 1.2, width: size, height: size * 1.2 })) pin.setAttribute(name, String(value));
    this.marks.append(pin);
  }
}

function around([lon, lat]: Place, zoom: number): Box {
  const half = 360 / 2 ** zoom / 2;
  return [lon - half, lat - half * 0.6, lon + half, lat + half * 0.6];
}
