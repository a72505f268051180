// The place inside a JPEG, read in the browser and only to offer it to the person who took the picture.

const APP1 = 0xffe1;
const START_OF_SCAN = 0xffda;
const GPS_POINTER = 0x8825;
const TIFF_RATIONAL = 5;

interface Tiff {
  view: DataView;
  start: number;
  little: boolean;
}

/** The longitude and latitude of a JPEG's bytes (its first 256 kB are enough); undefined where it has none. */
export function gpsOf(bytes: ArrayBuffer): [lon: number, lat: number] | undefined {
  try {
    const view = new DataView(bytes);
    const tiff = findTiff(view);
    return tiff && readGps(tiff);
  } catch {
    // A truncated or broken header: no place, no error.
    return undefined;
  }
}

function findTiff(view: DataView): Tiff | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  let at = 2;
  while (at + 4 < view.byteLength) {
    const marker = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (marker === START_OF_SCAN || length < 2) return undefined;
    if (marker === APP1 && view.getUint32(at + 4) === 0x45786966) {
      const start = at + 10;
      return { view, start, little: view.getUint16(start) === 0x4949 };
    }
    at += 2 + length;
  }
  return undefined;
}

function* entries(tiff: Tiff, directory: number): Generator<[tag: number, at: number]> {
  const { view, start, little } = tiff;
  const count = view.getUint16(start + directory, little);
  for (let n = 0; n < count; n += 1) {
    const at = start + directory + 2 + n * 12;
    yield [view.getUint16(at, little), at];
  }
}

function readGps(tiff: Tiff): [number, number] | undefined {
  const { view, start, little } = tiff;
  const first = view.getUint32(start + 4, little);
  const pointer = [...entries(tiff, first)].find(([tag]) => tag === GPS_POINTER);
  if (!pointer) return undefined;
  const found = new Map(entries(tiff, view.getUint32(pointer[1] + 8, little)));
  const lat = degrees(tiff, found.get(2), found.get(1), "S");
  const lon = degrees(tiff, found.get(4), found.get(3), "W");
  if (lat === undefined || lon === undefined || (lat === 0 && lon === 0)) return undefined;
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : undefined;
}

function degrees(tiff: Tiff, value: number | undefined, side: number | undefined, negative: string): number | undefined {
  const { view, start, little } = tiff;
  if (value === undefined || view.getUint16(value + 2, little) !== TIFF_RATIONAL || view.getUint32(value + 4, little) !== 3) return undefined;
  const at = start + view.getUint32(value + 8, little);
  const part = (n: number): number => view.getUint32(at + n * 8, little) / view.getUint32(at + n * 8 + 4, little);
  const sum = part(0) + part(1) / 60 + part(2) / 3600;
  if (!Number.isFinite(sum)) return undefined;
  const letter = side === undefined ? "" : String.fromCharCode(view.getUint8(side + 8));
  return letter === negative ? -sum : sum;
}
