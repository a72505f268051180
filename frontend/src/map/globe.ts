// The moving map: MapLibre over our style.

import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as GlMap, MapGeoJSONFeature, Marker as GlMarker } from "maplibre-gl";
import { element } from "../dom.ts";
import { say } from "../texts.ts";
import { boxAround, type Box } from "./data.ts";
import { cityStyle, coloursOf } from "./style.ts";
import { pinElement, type Options, type Place, type Surface } from "./surface.ts";

type Gl = typeof import("./gl.ts");

/** Draws the map into a new element of the host. Raises: Error when the code or WebGL is not to be had. */
export async function drawGlobe(options: Options): Promise<Surface> {
  const gl = await import("./gl.ts");
  // Without these the letters of the map would be drawn in a fallback font and kept so.
  await Promise.allSettled(["a", "ế"].map((letter) => document.fonts.load('400 16px "Be Vietnam Pro"', letter)));
  return new Globe(gl, options);
}

class Globe implements Surface {
  private readonly map: GlMap;
  private readonly canvas: HTMLElement;
  private pin: GlMarker | undefined;
  private points: FeatureCollection;
  private circles: FeatureCollection;
  private readonly gl: Gl;
  private readonly options: Options;

  constructor(gl: Gl, options: Options) {
    this.gl = gl;
    this.options = options;
    this.points = options.points;
    this.circles = options.circles;
    this.canvas = element("div", { class: "map__canvas" });
    options.host.append(this.canvas);
    const whole = options.bounds ?? boxAround(options.layers.flatMap((layer) => layer.data.features));
    this.map = new gl.Map({
      container: this.canvas,
      style: this.style(),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      keyboard: !options.pick,
      maxZoom: 18,
      fadeDuration: 0,
      ...(options.center ? { center: options.center, zoom: options.zoom ?? 12 } : whole ? { bounds: whole, fitBoundsOptions: { padding: 16 } } : {}),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.getCanvas().setAttribute("aria-label", options.label);
    this.listen();
  }

  get focus(): HTMLElement {
    return this.map.getCanvas();
  }

  center(): Place {
    const at = this.map.getCenter();
    return [at.lng, at.lat];
  }

  setPoints(points: FeatureCollection): void {
    this.points = points;
    this.map.getSource<GeoJSONSource>("points")?.setData(points);
  }

  setPin(place: Place, follow: boolean): void {
    if (!this.pin) {
      const holder = element("div", {}, pinElement());
      this.pin = new this.gl.Marker({ element: holder, draggable: this.options.pick, anchor: "bottom" }).setLngLat(place).addTo(this.map);
      holder.removeAttribute("tabindex");
      holder.setAttribute("role", "presentation");
      holder.removeAttribute("aria-label");
      this.pin.on("dragend", () => {
        const at = this.pin?.getLngLat();
        if (at) this.options.onPick([at.lng, at.lat]);
      });
    }
    this.pin.setLngLat(place);
    if (follow || !this.map.getBounds().contains(place)) this.fly(place, Math.max(this.map.getZoom(), follow ? 16 : 0));
  }

  clearPin(): void {
    this.pin?.remove();
    this.pin = undefined;
  }

  setCircles(circles: FeatureCollection): void {
    this.circles = circles;
    this.map.getSource<GeoJSONSource>("circles")?.setData(circles);
  }

  show(box: Box): void {
    this.map.fitBounds(box, { padding: 40, maxZoom: 16, animate: !this.calm() });
  }

  fly(place: Place, zoom?: number): void {
    const to = { center: place, ...(zoom === undefined ? {} : { zoom }) };
    if (this.calm()) this.map.jumpTo(to);
    else this.map.easeTo({ ...to, duration: 400 });
  }

  zoomBy(step: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + step, duration: this.calm() ? 0 : 150 });
  }

  restyle(): void {
    this.map.setStyle(this.style());
  }

  remove(): void {
    this.map.remove();
    this.canvas.remove();
  }

  private style(): ReturnType<typeof cityStyle> {
    const { layers, tiles, host } = this.options;
    return cityStyle(layers, this.points, this.circles, tiles, coloursOf(host));
  }

  private calm(): boolean {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  private listen(): void {
    const { map, options } = this;
    if (!options.wheel) this.tameWheel();
    // What was asked for before the style had come.
    map.on("load", () => this.setCircles(this.circles));
    map.on("moveend", () => {
      const b = map.getBounds();
      options.onMove([b.getWest(), b.getSouth(), b.getEast(), b.getNorth()], map.getZoom());
    });
    if (options.pick) {
      map.on("click", (event) => options.onPick([event.lngLat.lng, event.lngLat.lat]));
      map.getCanvas().style.cursor = "crosshair";
      return;
    }
    map.on("click", "clusters", (event) => void this.open(event.features?.[0]));
    map.on("click", "points", (event) => this.pop(event.features?.[0]));
    for (const layer of ["clusters", "points"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
  }

  /** A page that is being scrolled must not be caught by its map: the wheel zooms once the map was touched. */
  private tameWheel(): void {
    this.map.scrollZoom.disable();
    this.canvas.addEventListener("pointerdown", () => this.map.scrollZoom.enable());
    this.canvas.addEventListener("pointerleave", () => this.map.scrollZoom.disable());
  }

  private async open(cluster: MapGeoJSONFeature | undefined): Promise<void> {
    if (cluster?.geometry.type !== "Point") return;
    const source = this.map.getSource<GeoJSONSource>("points");
    const zoom = await source?.getClusterExpansionZoom(Number(cluster.properties["cluster_id"]));
    this.fly(cluster.geometry.coordinates as Place, (zoom ?? 14) + 0.3);
  }

  private pop(point: MapGeoJSONFeature | undefined): void {
    if (point?.geometry.type !== "Point") return;
    const about = point.properties as Record<string, unknown>;
    this.options.onSelect(String(point.id ?? about["id"] ?? ""), about);
    if (!about["title"]) return;
    const box = element("div", { class: "map-pop" }, element("strong", {}, String(about["title"])));
    if (about["text"]) box.append(element("span", { class: "soft" }, String(about["text"])));
    if (about["url"]) box.append(element("a", { href: String(about["url"]) }, say("ui.js.map.open")));
    new this.gl.Popup({ offset: 12, maxWidth: "260px", closeButton: false })
      .setLngLat(point.geometry.coordinates as Place)
      .setDOMContent(box)
      .addTo(this.map);
  }
}
