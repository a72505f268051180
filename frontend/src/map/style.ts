// The drawing of the city: our colours over the layers of the pack, or over a PMTiles file in the Protomaps scheme.

import type { FeatureCollection } from "geojson";
import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { labelPoints, nameOf, type Layer } from "./data.ts";

export type Colours = (name: string) => string;

const FONT = ["Be Vietnam Pro"];

/** Reads the tokens as they stand on this element now. */
export function coloursOf(host: Element): Colours {
  const style = getComputedStyle(host);
  return (name) => style.getPropertyValue(`--${name}`).trim() || "#888888";
}

export const STATE_TONES: Record<string, string> = {
  new: "gold",
  open: "hue",
  soon: "amber",
  late: "red",
  done: "leaf",
};

function stateColour(colour: Colours): unknown[] {
  const cases = Object.entries(STATE_TONES).flatMap(([state, tone]) => [state, colour(tone)]);
  return ["match", ["get", "state"], ...cases, colour("hue")];
}

/** The whole style: ground, layers, points on top. */
export function cityStyle(
  layers: Layer[],
  points: FeatureCollection,
  circles: FeatureCollection,
  tiles: string,
  colour: Colours,
): StyleSpecification {
  const sources: Record<string, SourceSpecification> = {};
  const drawn: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": colour(tiles ? "map-land" : "map-out") } },
  ];
  if (tiles) {
    sources["tiles"] = { type: "vector", url: `pmtiles://${tiles}` };
    drawn.push(...tileLayers(colour));
  }
  const order = ["boundary", "area", "river", "road", "rail", "reservoir", "landmark", "point"];
  const sorted = [...layers].sort((a, b) => order.indexOf(kindOf(a)) - order.indexOf(kindOf(b)));
  for (const layer of sorted) {
    sources[layer.key] = { type: "geojson", data: named(layer) };
    drawn.push(...packLayers(layer, colour, Boolean(tiles)));
  }
  for (const layer of sorted.filter((one) => kindOf(one) === "area")) {
    sources[`${layer.key}-names`] = { type: "geojson", data: labelPoints(layer) };
    drawn.push(areaNames(layer, colour));
  }
  sources["circles"] = { type: "geojson", data: circles };
  drawn.push(...circleLayers(colour));
  sources["points"] = {
    type: "geojson",
    data: points,
    cluster: true,
    clusterRadius: 44,
    clusterMaxZoom: 15,
    clusterProperties: { late: ["+", ["case", ["==", ["get", "state"], "late"], 1, 0]] },
  };
  drawn.push(...pointLayers(colour));
  return { version: 8, sources, layers: drawn };
}

/** The kinds in singular, as packs may write either. */
export function kindOf(layer: Layer): string {
  return layer.kind === "boundary" ? layer.kind : layer.kind.replace(/s$/, "");
}

function named(layer: Layer): FeatureCollection {
  const features = layer.data.features.map((one) => ({ ...one, properties: { ...one.properties, name: nameOf(one) } }));
  return { type: "FeatureCollection", features };
}

function packLayers(layer: Layer, colour: Colours, overTiles: boolean): LayerSpecification[] {
  const source = layer.key;
  switch (kindOf(layer)) {
    case "boundary":
      return boundaryLayers(source, colour, overTiles);
    case "area":
      return areaLayers(source, colour, overTiles);
    case "river":
      return overTiles ? [] : riverLayers(source, colour);
    case "road":
    case "rail":
      return overTiles ? [] : [...railLayers(source, colour), ...roadLayers(source, colour)];
    default:
      return landmarkLayers(source, colour);
  }
}

function boundaryLayers(source: string, colour: Colours, overTiles: boolean): LayerSpecification[] {
  const line: LayerSpecification = {
    id: `${source}-line`,
    type: "line",
    source,
    paint: { "line-color": colour("map-edge"), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 1.5, 14, 3] },
  };
  if (overTiles) return [line];
  return [{ id: `${source}-fill`, type: "fill", source, paint: { "fill-color": colour("map-land") } }, line];
}

function areaLayers(source: string, colour: Colours, overTiles: boolean): LayerSpecification[] {
  const line: LayerSpecification = {
    id: `${source}-line`,
    type: "line",
    source,
    layout: { "line-join": "round" },
    paint: {
      "line-color": colour("map-edge"),
      "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 15, 1.5],
      "line-dasharray": [3, 2],
    },
  };
  if (overTiles) return [line];
  return [{ id: `${source}-fill`, type: "fill", source, paint: { "fill-color": colour("map-land") } }, line];
}

function riverLayers(source: string, colour: Colours): LayerSpecification[] {
  return [
    {
      id: `${source}-water`,
      type: "line",
      source,
      layout: { "line-cap": "round", "line-join": "round" },
      // About 300 m of water on the ground at every zoom, never thinner than three pixels.
      paint: {
        "line-color": colour("map-water"),
        "line-width": ["interpolate", ["exponential", 2], ["zoom"], 8, 3, 11, 5, 13, 16, 16, 128],
      },
    },
    {
      id: `${source}-name`,
      type: "symbol",
      source,
      minzoom: 11,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 13 },
      paint: { "text-color": colour("river-ink"), "text-halo-color": colour("map-water"), "text-halo-width": 1 },
    },
  ];
}

const IS_RAIL = ["in", ["get", "class"], ["literal", ["rail", "railway", "Đường sắt"]]];
const IS_MAJOR = ["in", ["get", "class"], ["literal", ["national", "trunk", "primary", "motorway", "main", "Đường chính"]]];

function railLayers(source: string, colour: Colours): LayerSpecification[] {
  const filter = IS_RAIL as never;
  return [
    { id: `${source}-rail`, type: "line", source, filter, paint: { "line-color": colour("map-edge"), "line-width": 2.5 } },
    {
      id: `${source}-sleepers`,
      type: "line",
      source,
      filter,
      paint: { "line-color": colour("map-land"), "line-width": 1.25, "line-dasharray": [4, 4] },
    },
  ];
}

function roadLayers(source: string, colour: Colours): LayerSpecification[] {
  const filter = ["!", IS_RAIL] as never;
  const wide = (big: number, small: number): never => ["case", IS_MAJOR, big, small] as never;
  const width = (extra: number): never =>
    ["interpolate", ["exponential", 1.5], ["zoom"], 8, wide(1.2 + extra, 0.6 + extra), 12, wide(3 + extra, 2 + extra), 16, wide(12 + extra, 8 + extra)] as never;
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { id: `${source}-edge`, type: "line", source, filter, layout, paint: { "line-color": colour("map-road-edge"), "line-width": width(1.6) } },
    { id: `${source}-road`, type: "line", source, filter, layout, paint: { "line-color": colour("map-road"), "line-width": width(0) } },
    {
      id: `${source}-road-name`,
      type: "symbol",
      source,
      filter,
      minzoom: 10,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "symbol-spacing": 400 },
      paint: { "text-color": colour("ink-soft"), "text-halo-color": colour("map-road"), "text-halo-width": 1.5 },
    },
  ];
}

function landmarkLayers(source: string, colour: Colours): LayerSpecification[] {
  return [
    {
      id: `${source}-dot`,
      type: "circle",
      source,
      paint: { "circle-radius": 4, "circle-color": colour("river"), "circle-stroke-color": colour("surface"), "circle-stroke-width": 1.5 },
    },
    {
      id: `${source}-name`,
      type: "symbol",
      source,
      minzoom: 10,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-anchor": "left", "text-offset": [0.7, 0], "text-optional": true },
      paint: { "text-color": colour("ink-soft"), "text-halo-color": colour("map-land"), "text-halo-width": 1.5 },
    },
  ];
}

function areaNames(layer: Layer, colour: Colours): LayerSpecification {
  return {
    id: `${layer.key}-names`,
    type: "symbol",
    source: `${layer.key}-names`,
    minzoom: 9,
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, 11, 14, 15],
      "text-max-width": 7,
      "text-padding": 6,
      "symbol-sort-key": ["get", "size"],
    },
    paint: { "text-color": colour("ink-soft"), "text-halo-color": colour("map-land"), "text-halo-width": 1.75 },
  };
}

/** How far off a place may be. */
function circleLayers(colour: Colours): LayerSpecification[] {
  return [
    { id: "circle-fill", type: "fill", source: "circles", paint: { "fill-color": colour("hue"), "fill-opacity": 0.14 } },
    { id: "circle-line", type: "line", source: "circles", paint: { "line-color": colour("hue"), "line-width": 2, "line-dasharray": [2, 2] } },
  ];
}

function pointLayers(colour: Colours): LayerSpecification[] {
  const surface = colour("surface");
  const single = ["!", ["has", "point_count"]] as never;
  const cluster = ["has", "point_count"] as never;
  return [
    {
      id: "clusters",
      type: "circle",
      source: "points",
      filter: cluster,
      paint: {
        "circle-color": colour("hue"),
        "circle-radius": ["step", ["get", "point_count"], 16, 10, 19, 50, 24, 250, 30],
        // A group that holds something overdue wears a red ring.
        "circle-stroke-color": ["case", [">", ["get", "late"], 0], colour("red"), surface],
        "circle-stroke-width": 3,
      },
    },
    {
      id: "cluster-counts",
      type: "symbol",
      source: "points",
      filter: cluster,
      layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": ["Be Vietnam Pro"], "text-size": 14, "text-allow-overlap": true },
      paint: { "text-color": colour("on-hue") },
    },
    {
      id: "point-rings",
      type: "circle",
      source: "points",
      filter: ["==", ["get", "selected"], true],
      paint: { "circle-radius": 16, "circle-color": colour("gold"), "circle-opacity": 0.35 },
    },
    {
      id: "points",
      type: "circle",
      source: "points",
      filter: single,
      paint: {
        "circle-color": stateColour(colour) as never,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 5, 15, 9],
        "circle-stroke-color": surface,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "point-marks",
      type: "symbol",
      source: "points",
      filter: ["all", single, ["==", ["get", "state"], "late"]] as never,
      minzoom: 12,
      layout: { "text-field": "!", "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
      paint: { "text-color": surface },
    },
  ];
}

function tileLayers(colour: Colours): LayerSpecification[] {
  const source = "tiles";
  const roadWidth = ["interpolate", ["exponential", 1.6], ["zoom"], 10, 0.6, 14, 3, 18, 18] as never;
  return [
    { id: "t-green", type: "fill", source, "source-layer": "landuse", paint: { "fill-color": colour("leaf-soft"), "fill-opacity": 0.6 } },
    { id: "t-water", type: "fill", source, "source-layer": "water", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour("map-water") } },
    { id: "t-buildings", type: "fill", source, "source-layer": "buildings", minzoom: 14, paint: { "fill-color": colour("line"), "fill-opacity": 0.7 } },
    { id: "t-road-edge", type: "line", source, "source-layer": "roads", paint: { "line-color": colour("map-road-edge"), "line-width": roadWidth, "line-gap-width": 1 } },
    { id: "t-road", type: "line", source, "source-layer": "roads", paint: { "line-color": colour("map-road"), "line-width": roadWidth } },
    {
      id: "t-road-name",
      type: "symbol",
      source,
      "source-layer": "roads",
      minzoom: 13,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 12 },
      paint: { "text-color": colour("ink-soft"), "text-halo-color": colour("map-road"), "text-halo-width": 1.5 },
    },
    {
      id: "t-places",
      type: "symbol",
      source,
      "source-layer": "places",
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13 },
      paint: { "text-color": colour("ink"), "text-halo-color": colour("map-land"), "text-halo-width": 1.5 },
    },
  ];
}
