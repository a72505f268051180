// What a map draws: the layers of the city pack and the points of the page.

import type { Feature, FeatureCollection, Geometry, Position } from "geojson";

export interface Layer {
  key: string;
  kind: string;
  url: string;
  credit?: string;
  data: FeatureCollection;
}

/** Shape: west, south, east, north. */
export type Box = [number, number, number, number];

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

/** The file at this address as JSON. Raises: Error when the server refuses. */
export async function fetchJson<T>(url: string): Promise<T> {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return (await answer.json()) as T;
}

/** What the city's list of layers says: where the city lies, what can be drawn, and a richer base map where one is installed. */
export interface Atlas {
  center?: [number, number];
  zoom?: number;
  bounds?: Box;
  basemap?: string | null;
  layers: Layer[];
}

/** The list at this address with its layers; one that cannot be fetched is left out, the others still make a map. */
export async function fetchAtlas(url: string): Promise<Atlas> {
  if (!url) return { layers: [] };
  const list = await fetchJson<Atlas>(url);
  const fetched = await Promise.allSettled(
    list.layers.map(async (entry) => ({ ...entry, data: await fetchJson<FeatureCollection>(entry.url) })),
  );
  return { ...list, layers: fetched.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])) };
}

/** The name of a feature in the page's language. */
export function nameOf(feature: Feature): string {
  const given = feature.properties ?? {};
  const own: unknown = given[`name_${document.documentElement.lang}`];
  return String(own ?? given["name"] ?? given["name_vi"] ?? given["Name"] ?? "");
}

/** Every position of a geometry. Shape: lon, lat. */
export function* positions(geometry: Geometry): Generator<Position> {
  if (geometry.type === "GeometryCollection") {
    for (const part of geometry.geometries) yield* positions(part);
    return;
  }
  yield* flat(geometry.coordinates as unknown[]);
}

function* flat(nested: unknown[]): Generator<Position> {
  if (typeof nested[0] === "number") yield nested as Position;
  else for (const inner of nested) yield* flat(inner as unknown[]);
}

/** The smallest box around these features; undefined where there are none. */
export function boxAround(features: Feature[]): Box | undefined {
  const box: Box = [180, 90, -180, -90];
  for (const feature of features) {
    if (!feature.geometry) continue;
    for (const [lon = 0, lat = 0] of positions(feature.geometry)) {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    }
  }
  return box[0] <= box[2] ? box : undefined;
}

/** One point per area to hang its name on. */
export function labelPoints(layer: Layer): FeatureCollection {
  const features = layer.data.features.flatMap((feature): Feature[] => {
    const given = feature.properties ?? {};
    const box = boxAround([feature]);
    if (!box) return [];
    const at = [Number(given["label_lon"] ?? (box[0] + box[2]) / 2), Number(given["label_lat"] ?? (box[1] + box[3]) / 2)];
    const properties = { name: nameOf(feature), size: Number(given["area_km2"] ?? 0) };
    return [{ type: "Feature", geometry: { type: "Point", coordinates: at }, properties }];
  });
  return { type: "FeatureCollection", features };
}

/** A circle on the ground, as a polygon. Units: metres. */
export function circleAround(place: [number, number], radius: number): Feature {
  const ring = Array.from({ length: 65 }, (_, n) => {
    const turn = (n / 64) * 2 * Math.PI;
    return moved(place, radius * Math.cos(turn), radius * Math.sin(turn));
  });
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: { radius_m: radius } };
}

/** How uncertain these points are: a circle around each that says `radius_m`. */
export function circlesOf(points: FeatureCollection): FeatureCollection {
  const features = points.features.flatMap((one): Feature[] => {
    const radius = Number(one.properties?.["radius_m"] ?? 0);
    return one.geometry?.type === "Point" && radius > 0 ? [circleAround(one.geometry.coordinates as [number, number], radius)] : [];
  });
  return { type: "FeatureCollection", features };
}

/** Metres between two places, good enough within a city. Shape: lon, lat. */
export function metres(a: [number, number], b: [number, number]): number {
  const perDegree = 111_320;
  const dx = (b[0] - a[0]) * perDegree * Math.cos(((a[1] + b[1]) / 2) * (Math.PI / 180));
  return Math.hypot(dx, (b[1] - a[1]) * perDegree);
}

/** A place moved by metres to the east and north. */
export function moved(from: [number, number], east: number, north: number): [number, number] {
  const perDegree = 111_320;
  return [from[0] + east / (perDegree * Math.cos(from[1] * (Math.PI / 180))), from[1] + north / perDegree];
}
