// <hue-map>: the map of the city. It waits until it is in view, then draws by WebGL, or plainly where there is none.
// Attributes: layers, data-points, tiles, center, zoom, bounds, label, pick, simple, fit, plain, wheel.

import type { FeatureCollection } from "geojson";
import minus from "lucide-static/icons/minus.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import expand from "lucide-static/icons/expand.svg?raw";
import { element, icon } from "../dom.ts";
import { boxAround, circleAround, circlesOf, fetchAtlas, fetchJson, NOTHING, type Atlas, type Box } from "../map/data.ts";
import { drawGlobe } from "../map/globe.ts";
import { drawPlain } from "../map/plain.ts";
import type { Options, Place, Surface } from "../map/surface.ts";
import { say } from "../texts.ts";

export class HueMap extends HTMLElement {
  private surface: Surface | undefined;
  private atlas: Atlas = { layers: [] };
  private points: FeatureCollection = NOTHING;
  private circle: { place: Place; radius: number } | undefined;
  private waiting: { pin?: Place; follow?: boolean } = {};
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        void this.draw();
      },
      { rootMargin: "200px" },
    );
    seen.observe(this);
    this.stop.signal.addEventListener("abort", () => seen.disconnect());
  }

  disconnectedCallback(): void {
    this.stop.abort();
    this.surface?.remove();
    this.surface = undefined;
  }

  /** The element that takes the keyboard, once drawn. */
  get keyboard(): HTMLElement | undefined {
    return this.surface?.focus;
  }

  /** The middle of the map, once drawn. Shape: lon, lat. */
  get middle(): Place | undefined {
    return this.surface?.center();
  }

  /** Put the pin here; `follow` brings it into view closely. */
  setPin(place: Place, follow = false): void {
    if (this.surface) this.surface.setPin(place, follow);
    else this.waiting = { pin: place, follow };
  }

  /** Take the pin away, and its circle. */
  clearPin(): void {
    this.waiting = {};
    this.surface?.clearPin();
    this.setCircle(undefined);
  }

  /** Draw how far off the pin may be, and bring all of that into view. Units: metres. */
  setCircle(place: Place | undefined, radius = 0): void {
    this.circle = place && radius > 0 ? { place, radius } : undefined;
    this.surface?.setCircles(this.circles);
    if (this.circle) this.showCircle();
  }

  private get circles(): FeatureCollection {
    const drawn = circlesOf(this.points);
    return this.circle ? { ...drawn, features: [...drawn.features, circleAround(this.circle.place, this.circle.radius)] } : drawn;
  }

  private showCircle(): void {
    const box = this.circle && boxAround([circleAround(this.circle.place, this.circle.radius)]);
    if (box) this.surface?.show(box);
  }

  /** Show this place. */
  fly(lon: number, lat: number, zoom = 16): void {
    this.surface?.fly([lon, lat], zoom);
  }

  /** Mark the point with this id and bring it into view; an empty id unmarks. */
  select(id: string): void {
    const features = this.points.features.map((one) => {
      const selected = id !== "" && String(one.id ?? one.properties?.["id"]) === id;
      return { ...one, properties: { ...one.properties, selected } };
    });
    this.points = { type: "FeatureCollection", features };
    this.surface?.setPoints(this.points);
    const found = features.find((one) => one.properties.selected);
    if (found?.geometry.type === "Point") this.surface?.fly(found.geometry.coordinates as Place);
  }

  /** Fetch the points again, keeping the view. */
  async reload(): Promise<void> {
    this.setPoints(await this.readPoints());
  }

  /** Show these points instead. */
  setPoints(points: FeatureCollection): void {
    this.points = points;
    this.surface?.setPoints(points);
    this.surface?.setCircles(this.circles);
  }

  private async draw(): Promise<void> {
    try {
      [this.atlas, this.points] = await Promise.all([
        fetchAtlas(this.getAttribute("layers") ?? "").catch(() => ({ layers: [] })),
        this.readPoints(),
      ]);
      this.surface = await this.make();
    } catch {
      this.say(say("ui.js.map.failed"));
      return;
    }
    if (this.stop.signal.aborted) return this.surface.remove();
    this.querySelector(".map__wait")?.remove();
    this.append(this.tools());
    this.note();
    if (this.hasAttribute("fit")) this.fit();
    if (this.waiting.pin) this.surface.setPin(this.waiting.pin, this.waiting.follow ?? false);
    this.showCircle();
    this.watchLook();
    this.tell("map-ready", {});
  }

  private async make(): Promise<Surface> {
    const options = this.options();
    if (this.hasAttribute("plain") || !hasWebGl()) return this.plain(options);
    try {
      return await drawGlobe(options);
    } catch {
      return this.plain(options);
    }
  }

  private plain(options: Options): Surface {
    if (!this.hasAttribute("plain")) this.dataset["plainWhy"] = say("ui.js.map.no_gl");
    return drawPlain(options);
  }

  private options(): Options {
    const center = this.numbers("center");
    const zoom = this.getAttribute("zoom");
    return {
      host: this,
      label: this.getAttribute("label") ?? say("ui.js.map.label"),
      layers: this.atlas.layers,
      points: this.points,
      circles: this.circles,
      tiles: this.tiles,
      center: this.waiting.pin ?? (center.length === 2 ? (center as Place) : this.atlas.center),
      zoom: zoom ? Number(zoom) : this.atlas.zoom,
      bounds: this.bounds,
      pick: this.hasAttribute("pick"),
      wheel: this.hasAttribute("wheel"),
      onPick: ([lon, lat]) => this.tell("map-pick", { lon, lat }),
      onSelect: (id, properties) => this.tell("map-select", { id, properties }),
      onMove: (box, scale) => this.tell("map-move", { bounds: box, zoom: scale }),
    };
  }

  private get bounds(): Box | undefined {
    const own = this.numbers("bounds");
    return own.length === 4 ? (own as Box) : this.atlas.bounds;
  }

  /** A richer base map, where the page names one or the city has one installed. */
  private get tiles(): string {
    const url = this.getAttribute("tiles") ?? this.atlas.basemap ?? "";
    return url ? new URL(url, location.href).href : "";
  }

  private numbers(name: string): number[] {
    const given = this.getAttribute(name);
    return given ? given.split(",").map(Number).filter((n) => !Number.isNaN(n)) : [];
  }

  private async readPoints(): Promise<FeatureCollection> {
    const url = this.dataset["points"];
    if (url) return fetchJson<FeatureCollection>(url).catch(() => NOTHING);
    const inline = this.querySelector('script[type="application/json"]')?.textContent;
    return inline ? (JSON.parse(inline) as FeatureCollection) : NOTHING;
  }

  private fit(): void {
    const box = boxAround([...this.points.features, ...this.circles.features]);
    if (box) this.surface?.show(box);
  }

  private tools(): HTMLElement {
    const button = (words: string, source: string, act: () => void): HTMLElement => {
      const made = element("button", { type: "button", "aria-label": words, title: words }, icon(source, 20));
      made.addEventListener("click", act);
      return made;
    };
    const whole = boxAround(this.atlas.layers.flatMap((layer) => layer.data.features)) ?? this.bounds;
    const bar = element("div", { class: "map__tools" });
    bar.append(
      button(say("ui.js.map.zoom_in"), plus, () => this.surface?.zoomBy(1)),
      button(say("ui.js.map.zoom_out"), minus, () => this.surface?.zoomBy(-1)),
    );
    if (whole) bar.append(button(say("ui.js.map.whole"), expand, () => this.surface?.show(whole)));
    return bar;
  }

  private note(): void {
    const credits = [...new Set(this.atlas.layers.flatMap((layer) => (layer.credit ? [layer.credit] : [])))];
    const simple = this.hasAttribute("simple") && !this.tiles;
    if (!simple && credits.length === 0) return;
    const why = [this.dataset["plainWhy"] ?? "", simple ? say("ui.js.map.simple_why") : "", credits.join(" · ")].filter(Boolean);
    const head = element("summary", {}, simple ? say("ui.js.map.simple") : "©");
    this.append(element("details", { class: "map__note" }, head, ...why.map((line) => element("p", {}, line))));
  }

  private watchLook(): void {
    const restyle = (): void => requestAnimationFrame(() => this.surface?.restyle()) as unknown as void;
    const signal = this.stop.signal;
    document.addEventListener("look-changed", restyle, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle, { signal });
  }

  private say(words: string): void {
    const wait = this.querySelector(".map__wait span");
    if (wait) wait.textContent = words;
  }

  private tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

function hasWebGl(): boolean {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

customElements.define("hue-map", HueMap);
