// MapLibre, fetched only when a map comes into view and the device can draw it.

import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { addProtocol, Map, Marker, Popup, setWorkerUrl } from "maplibre-gl";
import { Protocol } from "pmtiles";

setWorkerUrl(workerUrl);
addProtocol("pmtiles", new Protocol().tile);

export { Map, Marker, Popup };
