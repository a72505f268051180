import assert from "node:assert/strict";
import { test } from "node:test";
import { gpsOf } from "../src/exif.ts";

type Gps = { lat: [number, number, number]; south?: boolean; lon: [number, number, number]; west?: boolean };

/** A JPEG header with nothing but an EXIF block that holds these coordinates. */
function jpeg(gps: Gps, little: boolean): ArrayBuffer {
  const tiff = new DataView(new ArrayBuffer(200));
  tiff.setUint16(0, little ? 0x4949 : 0x4d4d);
  tiff.setUint16(2, 42, little);
  tiff.setUint32(4, 8, little);
  tiff.setUint16(8, 1, little);
  entry(tiff, 10, 0x8825, 4, 1, little).setUint32(18, 26, little);
  tiff.setUint16(26, 4, little);
  entry(tiff, 28, 1, 2, 2, little).setUint8(36, (gps.south ? "S" : "N").charCodeAt(0));
  entry(tiff, 40, 2, 5, 3, little).setUint32(48, 100, little);
  entry(tiff, 52, 3, 2, 2, little).setUint8(60, (gps.west ? "W" : "E").charCodeAt(0));
  entry(tiff, 64, 4, 5, 3, little).setUint32(72, 124, little);
  for (const [start, parts] of [[100, gps.lat], [124, gps.lon]] as const) {
    parts.forEach((part, n) => {
      tiff.setUint32(start + n * 8, Math.round(part * 1000), little);
      tiff.setUint32(start + n * 8 + 4, 1000, little);
    });
  }
  const out = new Uint8Array(2 + 4 + 6 + 200);
  const view = new DataView(out.buffer);
  view.setUint16(0, 0xffd8);
  view.setUint16(2, 0xffe1);
  view.setUint16(4, 2 + 6 + 200);
  out.set([0x45, 0x78, 0x69, 0x66, 0, 0], 6);
  out.set(new Uint8Array(tiff.buffer), 12);
  return out.buffer;
}

function entry(view: DataView, at: number, tag: number, type: number, count: number, little: boolean): DataView {
  view.setUint16(at, tag, little);
  view.setUint16(at + 2, type, little);
  view.setUint32(at + 4, count, little);
  return view;
}

const HUE: Gps = { lat: [16, 27, 49.32], lon: [107, 35, 27.24] };

for (const little of [true, false]) {
  test(`the place of a picture is read in ${little ? "little" : "big"} endian`, () => {
    const found = gpsOf(jpeg(HUE, little));
    assert.ok(found);
    assert.ok(Math.abs(found[0] - 107.5909) < 1e-6);
    assert.ok(Math.abs(found[1] - 16.4637) < 1e-6);
  });
}

test("south and west are negative", () => {
  const found = gpsOf(jpeg({ ...HUE, south: true, west: true }, true));
  assert.ok(found && found[0] < 0 && found[1] < 0);
});

test("0° 0° is what a phone without a fix writes, so it is no place", () => {
  assert.equal(gpsOf(jpeg({ lat: [0, 0, 0], lon: [0, 0, 0] }, true)), undefined);
});

test("broken, foreign and empty bytes give no place and no error", () => {
  const good = jpeg(HUE, true);
  assert.equal(gpsOf(new ArrayBuffer(0)), undefined);
  assert.equal(gpsOf(new TextEncoder().encode("%PDF-1.7 not a picture").buffer as ArrayBuffer), undefined);
  for (let cut = 1; cut < good.byteLength; cut += 1) gpsOf(good.slice(0, cut));
  for (let n = 0; n < 500; n += 1) {
    const bytes = new Uint8Array(good.slice(0));
    bytes[12 + ((n * 7) % 180)] = (n * 31) % 256;
    gpsOf(bytes.buffer);
  }
});
