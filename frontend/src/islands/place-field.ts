// <place-field>: a place on the map. The two inputs hold it; map, keys, the device's position and a photo's place set it.

import { element } from "../dom.ts";
import { metres, moved } from "../map/data.ts";
import type { Place } from "../map/surface.ts";
import { say } from "../texts.ts";
import { HueMap } from "./hue-map.ts";

const NUDGE_M = 5;
const BIG_NUDGE_M = 50;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

class PlaceField extends HTMLElement {
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.addEventListener("map-pick", (event) => {
      const { lon, lat } = (event as CustomEvent<{ lon: number; lat: number }>).detail;
      this.put([lon, lat], "pin");
    });
    this.addEventListener("map-ready", () => this.map?.keyboard?.addEventListener("keydown", (event) => this.nudge(event)));
    const locate = this.querySelector<HTMLButtonElement>("[data-locate]");
    if (locate && "geolocation" in navigator) {
      locate.hidden = false;
      locate.addEventListener("click", () => this.locate());
    }
    for (const input of [this.lon, this.lat]) input?.addEventListener("change", (event) => event.isTrusted && this.typed());
    (this.closest("form") ?? document).addEventListener("photo-place", (event) => this.offer(event as CustomEvent), { signal });
    const now = this.place;
    if (!now) return;
    this.map?.setPin(now);
    this.map?.setCircle(now, this.accuracy);
  }

  disconnectedCallback(): void {
    this.stop.abort();
  }

  private get map(): HueMap | null {
    return this.querySelector<HueMap>("hue-map");
  }

  private get lat(): HTMLInputElement | null {
    return this.querySelectorAll<HTMLInputElement>(".place-field__numbers input")[0] ?? null;
  }

  private get lon(): HTMLInputElement | null {
    return this.querySelectorAll<HTMLInputElement>(".place-field__numbers input")[1] ?? null;
  }

  private get place(): Place | undefined {
    const read = (input: HTMLInputElement | null): number => Number.parseFloat((input?.value ?? "").replace(",", "."));
    const found: Place = [read(this.lon), read(this.lat)];
    return found.every((n) => Number.isFinite(n)) ? found : undefined;
  }

  private get accuracy(): number {
    return Number(this.querySelector<HTMLInputElement>("input[name=place_accuracy_m]")?.value ?? 0);
  }

  /** What told the place that is set: pin, device, photo, typed, words or asset; empty for none. */
  get source(): string {
    return this.querySelector<HTMLInputElement>("input[name=place_source]")?.value ?? "";
  }

  /** Forget the place. */
  clear(): void {
    if (!this.lon || !this.lat) return;
    this.lon.value = this.lat.value = "";
    this.set("place_source", "");
    this.set("place_accuracy_m", "");
    this.map?.clearPin();
    this.say("");
  }

  /** Set the place, tell the form, and say what happened. Units: metres for `accuracy`. */
  put(place: Place, source: "pin" | "device" | "photo" | "typed" | "words" | "asset", accuracy?: number): void {
    const before = this.place;
    if (!this.lon || !this.lat) return;
    this.lon.value = place[0].toFixed(6);
    this.lat.value = place[1].toFixed(6);
    this.set("place_source", source);
    this.set("place_accuracy_m", accuracy === undefined ? "" : String(Math.round(accuracy)));
    this.map?.setPin(place, source === "device" || source === "photo");
    this.map?.setCircle(place, accuracy);
    const shift = before ? Math.round(metres(before, place)) : 0;
    if (source === "device") this.say(say("ui.js.place.found", { n: Math.round(accuracy ?? 0) }));
    else if (accuracy !== undefined) this.say(say("ui.js.place.words", { n: accuracy }));
    else this.say(before && shift > 0 ? say("ui.js.place.moved", { n: shift }) : say("ui.js.place.set"));
    this.lon.dispatchEvent(new Event("change", { bubbles: true }));
    this.dispatchEvent(new CustomEvent("place", { bubbles: true, detail: { lon: place[0], lat: place[1], source } }));
  }

  private set(name: string, value: string): void {
    const input = this.querySelector<HTMLInputElement>(`input[name=${name}]`);
    if (input) input.value = value;
  }

  private typed(): void {
    const place = this.place;
    if (!place) return;
    this.set("place_source", "typed");
    this.set("place_accuracy_m", "");
    this.map?.setPin(place);
    this.map?.setCircle(undefined);
  }

  private nudge(event: KeyboardEvent): void {
    const direction = ARROWS[event.key];
    if (!direction && event.key !== "Enter") return;
    event.preventDefault();
    const from = this.place ?? this.map?.middle;
    if (!from) return;
    const by = event.shiftKey ? BIG_NUDGE_M : NUDGE_M;
    const [east, north] = direction ?? [0, 0];
    this.put(this.place ? moved(from, east * by, north * by) : from, "pin");
  }

  private locate(): void {
    this.say(say("ui.js.place.searching"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.put([coords.longitude, coords.latitude], "device", coords.accuracy),
      () => this.say(say("ui.js.place.denied")),
      { enableHighAccuracy: true, timeout: 12_000, maximumAge: 30_000 },
    );
  }

  /** A photo carries its place: take it when nothing is set yet, else ask. */
  private offer(event: CustomEvent<{ lon: number; lat: number }>): void {
    const place: Place = [event.detail.lon, event.detail.lat];
    if (!this.place) return this.put(place, "photo");
    const use = element("button", { type: "button", class: "button button--quiet button--small" }, say("ui.js.place.use"));
    use.addEventListener("click", () => this.put(place, "photo"));
    this.querySelector(".place-field__said")?.replaceChildren(`${say("ui.js.place.from_photo")} `, use);
  }

  private say(words: string): void {
    this.querySelector(".place-field__said")?.replaceChildren(words);
  }
}

customElements.define("place-field", PlaceField);
