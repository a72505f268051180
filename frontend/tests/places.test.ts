import assert from "node:assert/strict";
import { test } from "node:test";
import { boxAround, circleAround, circlesOf, metres, moved, positions } from "../src/map/data.ts";

const HUE: [number, number] = [107.5909, 16.4637];

test("a pin moved by five metres is five metres away, in every direction", () => {
  for (const [east, north] of [[5, 0], [-5, 0], [0, 5], [0, -5], [50, 0]] as const) {
    const there = moved(HUE, east, north);
    assert.ok(Math.abs(metres(HUE, there) - Math.hypot(east, north)) < 0.01);
  }
});

test("the box around features takes every part of every shape, and is missing for none", () => {
  const shape = { type: "MultiPolygon" as const, coordinates: [[[[107, 16], [108, 16], [108, 17], [107, 16]]], [[[106, 15.5], [106.5, 15.5], [106, 15.5]]]] };
  assert.equal([...positions(shape)].length, 7);
  assert.deepEqual(boxAround([{ type: "Feature", geometry: shape, properties: {} }]), [106, 15.5, 108, 17]);
  assert.equal(boxAround([]), undefined);
});

test("a circle of uncertainty is closed and everywhere as far from its middle as it says", () => {
  const ring = [...positions(circleAround(HUE, 800).geometry)] as [number, number][];
  assert.deepEqual(ring[0]?.map((n) => n.toFixed(9)), ring.at(-1)?.map((n) => n.toFixed(9)));
  for (const at of ring) assert.ok(Math.abs(metres(HUE, at) - 800) < 2);
});

test("only points that say how uncertain they are have a circle", () => {
  const point = (properties: object) => ({ type: "Feature" as const, geometry: { type: "Point" as const, coordinates: HUE }, properties });
  const drawn = circlesOf({ type: "FeatureCollection", features: [point({}), point({ radius_m: 300 }), point({ radius_m: null })] });
  assert.equal(drawn.features.length, 1);
});
