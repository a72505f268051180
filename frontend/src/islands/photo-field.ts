// <photo-field>: pictures for a report. Around a plain file input: camera, library, preview, removal; large pictures are
// scaled before they travel. What the browser cannot read (HEIC on most) is sent as it is and converted by the server.

import imageIcon from "lucide-static/icons/image.svg?raw";
import closeIcon from "lucide-static/icons/x.svg?raw";
import { element, icon } from "../dom.ts";
import { gpsOf } from "../exif.ts";
import { say } from "../texts.ts";

const LONGEST_PX = 2048;
const QUALITY = 0.85;
const MB = 1024 * 1024;
const HEADER_BYTES = 256 * 1024;

class PhotoField extends HTMLElement {
  private kept: File[] = [];
  private urls: string[] = [];

  connectedCallback(): void {
    const input = this.input;
    if (!input || this.classList.contains("is-on")) return;
    this.classList.add("is-on");
    const buttons = this.querySelector<HTMLElement>(".photo-field__buttons");
    if (buttons) buttons.hidden = false;
    this.querySelector("[data-take]")?.addEventListener("click", () => this.choose(true));
    this.querySelector("[data-choose]")?.addEventListener("click", () => this.choose(false));
    input.addEventListener("change", () => void this.add([...(input.files ?? [])]));
    this.acceptDrops();
  }

  disconnectedCallback(): void {
    for (const url of this.urls) URL.revokeObjectURL(url);
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>("input[type=file]");
  }

  private get most(): number {
    return Number(this.getAttribute("max") ?? 5);
  }

  private choose(camera: boolean): void {
    const input = this.input;
    if (!input) return;
    if (camera) input.setAttribute("capture", "environment");
    else input.removeAttribute("capture");
    input.click();
  }

  private acceptDrops(): void {
    const over = (on: boolean) => (event: DragEvent) => {
      event.preventDefault();
      this.classList.toggle("is-over", on);
    };
    this.addEventListener("dragover", over(true));
    this.addEventListener("dragleave", over(false));
    this.addEventListener("drop", (event) => {
      over(false)(event);
      void this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private async add(files: File[]): Promise<void> {
    if (files.length === 0) return this.show();
    this.say(say("ui.js.photo.working"));
    const problems: string[] = [];
    for (const file of files) {
      if (this.kept.length >= this.most) {
        problems.push(say("ui.js.photo.too_many", { n: this.most }));
        break;
      }
      const problem = await this.take(file);
      if (problem) problems.push(problem);
    }
    this.show();
    if (problems.length > 0) this.say(problems.join(" "));
  }

  private async take(file: File): Promise<string> {
    if (!/^image\//.test(file.type) && !/\.hei[cf]$/i.test(file.name)) return say("ui.js.photo.not_photo", { name: file.name });
    const place = gpsOf(await file.slice(0, HEADER_BYTES).arrayBuffer());
    const scaled = await downscale(file);
    const most = Number(this.getAttribute("max-mb") ?? 12);
    if (scaled.size > most * MB) return say("ui.js.photo.too_big", { name: file.name, n: most });
    this.kept.push(scaled);
    if (place) this.dispatchEvent(new CustomEvent("photo-place", { bubbles: true, detail: { lon: place[0], lat: place[1] } }));
    return "";
  }

  /** The input holds exactly the kept files, so that the form sends them like any other. */
  private show(): void {
    const transfer = new DataTransfer();
    for (const file of this.kept) transfer.items.add(file);
    if (this.input) this.input.files = transfer.files;
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.urls = [];
    this.querySelector(".photo-field__list")?.replaceChildren(...this.kept.map((file, n) => this.preview(file, n)));
    this.say(this.kept.length > 0 ? say("ui.js.photo.ready", { n: this.kept.length }) : "");
  }

  private preview(file: File, n: number): HTMLElement {
    const url = URL.createObjectURL(file);
    this.urls.push(url);
    const words = say("ui.js.photo.preview", { n: n + 1 });
    const image = element("img", { src: url, alt: words });
    image.addEventListener("error", () => image.replaceWith(element("span", { class: "photo-field__blind" }, icon(imageIcon, 28), file.name)));
    const label = say("ui.js.photo.remove", { n: n + 1 });
    const remove = element("button", { type: "button", "aria-label": label, title: label }, icon(closeIcon, 18));
    remove.addEventListener("click", () => {
      this.kept.splice(n, 1);
      this.show();
      this.querySelector<HTMLElement>("[data-take]")?.focus();
    });
    return element("li", {}, image, remove);
  }

  private say(words: string): void {
    const place = this.querySelector(".photo-field__said");
    if (place) place.textContent = words;
  }
}

/** The picture at most 2048 px long as JPEG; itself where it is small already or the browser cannot draw it. */
async function downscale(file: File): Promise<File> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const ratio = LONGEST_PX / Math.max(bitmap.width, bitmap.height);
  if (ratio >= 1 && file.size < 1.5 * MB) {
    bitmap.close();
    return file;
  }
  const canvas = element("canvas");
  canvas.width = Math.round(bitmap.width * Math.min(1, ratio));
  canvas.height = Math.round(bitmap.height * Math.min(1, ratio));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

customElements.define("photo-field", PhotoField);
