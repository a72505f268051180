// <blur-field>: boxes over a photo that an editor covers or leaves. Pointer: move, pull the corner, draw anew, brush.
// Keys on a box: arrows move, + and - change the size, Space toggles, Delete removes. Writes all boxes into [name=boxes].

interface Box {
  kind: string;
  left: number;
  top: number;
  width: number;
  height: number;
  by_hand: boolean;
  decision: string;
}

const GRID = 60;
const CELLS = 4;
const STEP = 0.01;

class BlurField extends HTMLElement {
  private boxes: Box[] = [];
  private mode = "move";
  private image!: HTMLImageElement;
  private layer!: HTMLElement;
  private canvas!: HTMLCanvasElement;
  private painted = new Set<string>();

  connectedCallback(): void {
    if (this.classList.contains("is-on")) return;
    this.classList.add("is-on");
    this.image = this.querySelector("img")!;
    this.layer = this.querySelector<HTMLElement>(".blur__layer")!;
    this.canvas = this.querySelector("canvas")!;
    this.boxes = Array.from(this.querySelectorAll<HTMLElement>("[data-box]"), read).filter((box) => box.width > 0);
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-mode]"))
      button.addEventListener("click", () => this.setMode(button.dataset["mode"]!));
    this.querySelector("[data-add]")?.addEventListener("click", () => this.add({ left: 0.4, top: 0.4, width: 0.2, height: 0.2 }));
    this.layer.addEventListener("pointerdown", (event) => this.press(event));
    this.closest("form")?.addEventListener("submit", () => this.write());
    if (this.image.complete) this.draw();
    else this.image.addEventListener("load", () => this.draw());
    for (const shown of this.querySelectorAll<HTMLElement>("[data-on]")) shown.hidden = false;
    this.setMode("move");
  }

  private setMode(mode: string): void {
    this.mode = mode;
    this.layer.dataset["mode"] = mode;
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-mode]"))
      button.setAttribute("aria-pressed", String(button.dataset["mode"] === mode));
  }

  private add(place: Pick<Box, "left" | "top" | "width" | "height">): void {
    this.boxes.push({ kind: "other", by_hand: true, decision: "cover", ...place });
    this.draw();
    (this.layer.lastElementChild as HTMLElement | null)?.focus();
  }

  private draw(): void {
    this.layer.replaceChildren(...this.boxes.map((box, n) => this.handle(box, n)));
    this.pixelate();
    this.write();
  }

  private handle(box: Box, n: number): HTMLElement {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `blur__box is-${box.decision}`;
    made.setAttribute("aria-pressed", String(box.decision === "cover"));
    made.setAttribute("aria-label", `${n + 1}. ${this.dataset[`kind${box.kind[0]!.toUpperCase()}${box.kind.slice(1)}`] ?? box.kind}`);
    place(made, box);
    made.addEventListener("keydown", (event) => this.key(event, box, n));
    made.addEventListener("pointerdown", (event) => this.drag(event, box, made));
    return made;
  }

  private key(event: KeyboardEvent, box: Box, n: number): void {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => (box.left -= STEP),
      ArrowRight: () => (box.left += STEP),
      ArrowUp: () => (box.top -= STEP),
      ArrowDown: () => (box.top += STEP),
      "+": () => grow(box, STEP),
      "=": () => grow(box, STEP),
      "-": () => grow(box, -STEP),
      " ": () => toggle(box),
      Enter: () => toggle(box),
      Delete: () => this.boxes.splice(n, 1),
      Backspace: () => this.boxes.splice(n, 1),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
    keepInside(box);
    this.draw();
    (this.layer.children[Math.min(n, this.boxes.length - 1)] as HTMLElement | undefined)?.focus();
  }

  private drag(event: PointerEvent, box: Box, made: HTMLElement): void {
    if (this.mode !== "move") return;
    event.stopPropagation();
    const from = this.at(event);
    const start = { ...box };
    const near = made.getBoundingClientRect();
    const pulls = event.clientX > near.right - 18 && event.clientY > near.bottom - 18;
    let moved = false;
    this.follow(
      event,
      (to) => {
        moved ||= Math.abs(to.x - from.x) + Math.abs(to.y - from.y) > 0.006;
        if (pulls) {
          box.width = Math.max(0.01, start.width + to.x - from.x);
          box.height = Math.max(0.01, start.height + to.y - from.y);
        } else if (moved) {
          box.left = start.left + to.x - from.x;
          box.top = start.top + to.y - from.y;
        }
        keepInside(box);
        place(made, box);
      },
      () => {
        if (!moved) toggle(box);
        this.draw();
      },
    );
  }

  private press(event: PointerEvent): void {
    const from = this.at(event);
    if (this.mode === "brush") {
      this.painted.clear();
      this.paint(from);
      this.follow(event, (to) => this.paint(to), () => this.dry());
    } else if (event.target === this.layer && this.mode === "draw") {
      const box: Box = { kind: "other", by_hand: true, decision: "cover", left: from.x, top: from.y, width: 0, height: 0 };
      this.boxes.push(box);
      this.follow(
        event,
        (to) => {
          box.left = Math.min(from.x, to.x);
          box.top = Math.min(from.y, to.y);
          box.width = Math.abs(to.x - from.x);
          box.height = Math.abs(to.y - from.y);
          this.draw();
        },
        () => {
          if (box.width < 0.005 || box.height < 0.005) this.boxes.splice(this.boxes.indexOf(box), 1);
          this.draw();
        },
      );
    }
  }

  /** Mark the cells under the brush; the canvas shows them while the stroke lasts. */
  private paint(at: { x: number; y: number }): void {
    const rows = Math.round((GRID * this.image.naturalHeight) / this.image.naturalWidth);
    const size = Number(this.querySelector<HTMLInputElement>("[data-size]")?.value ?? 3);
    const pen = this.canvas.getContext("2d");
    const [w, h] = [this.canvas.width / GRID, this.canvas.height / rows];
    for (let row = Math.floor(at.y * rows - size / 2); row < at.y * rows + size / 2; row++)
      for (let column = Math.floor(at.x * GRID - size / 2); column < at.x * GRID + size / 2; column++) {
        if (row < 0 || column < 0 || row >= rows || column >= GRID) continue;
        this.painted.add(`${row},${column}`);
        if (!pen) continue;
        pen.fillStyle = "#6D3B9Ccc";
        pen.fillRect(column * w, row * h, w + 1, h + 1);
      }
  }

  /** A stroke becomes few boxes: runs of cells in a row, joined with the same run of the rows below. */
  private dry(): void {
    const rows = Math.round((GRID * this.image.naturalHeight) / this.image.naturalWidth);
    const open = new Map<string, Box>();
    for (let row = 0; row <= rows; row++) {
      const runs = new Map<string, [number, number]>();
      for (let column = 0; column < GRID; column++) {
        if (!this.painted.has(`${row},${column}`)) continue;
        const first = column;
        while (this.painted.has(`${row},${column + 1}`)) column++;
        runs.set(`${first}-${column}`, [first, column]);
      }
      for (const key of [...open.keys()]) if (!runs.has(key)) open.delete(key);
      for (const [key, [first, last]] of runs) {
        const above = open.get(key);
        if (above) above.height += 1 / rows;
        else {
          const box: Box = { kind: "other", by_hand: true, decision: "cover", left: first / GRID, top: row / rows, width: (last - first + 1) / GRID, height: 1 / rows };
          open.set(key, box);
          this.boxes.push(box);
        }
      }
    }
    this.painted.clear();
    this.draw();
  }

  /** What the public copy will look like: the covered parts as a few blocks. */
  private pixelate(): void {
    const pen = this.canvas.getContext("2d");
    if (!pen || !this.image.naturalWidth) return;
    this.canvas.width = Math.min(1024, this.image.naturalWidth);
    this.canvas.height = Math.round((this.canvas.width * this.image.naturalHeight) / this.image.naturalWidth);
    const { width, height } = this.canvas;
    const few = document.createElement("canvas");
    few.width = few.height = CELLS;
    const small = few.getContext("2d");
    if (!small) return;
    pen.imageSmoothingEnabled = false;
    for (const box of this.boxes) {
      if (box.decision !== "cover") continue;
      const [w, h] = [this.image.naturalWidth, this.image.naturalHeight];
      small.drawImage(this.image, box.left * w, box.top * h, Math.max(1, box.width * w), Math.max(1, box.height * h), 0, 0, CELLS, CELLS);
      pen.drawImage(few, box.left * width, box.top * height, box.width * width, box.height * height);
    }
  }

  private at(event: PointerEvent): { x: number; y: number } {
    const area = this.layer.getBoundingClientRect();
    const inside = (share: number): number => Math.min(1, Math.max(0, share));
    return { x: inside((event.clientX - area.left) / area.width), y: inside((event.clientY - area.top) / area.height) };
  }

  private follow(event: PointerEvent, move: (to: { x: number; y: number }) => void, end: () => void): void {
    event.preventDefault();
    (event.target as HTMLElement).focus?.();
    const go = (next: PointerEvent): void => move(this.at(next));
    const stop = (): void => {
      window.removeEventListener("pointermove", go);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
      end();
    };
    window.addEventListener("pointermove", go);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
  }

  private write(): void {
    const field = this.querySelector<HTMLInputElement>("[name=boxes]");
    if (field) field.value = JSON.stringify(this.boxes);
  }
}

function read(row: HTMLElement): Box {
  const share = (name: string): number => (Number(row.dataset[name]) || 0) / 100;
  return {
    kind: row.dataset["kind"] ?? "other",
    left: share("left"),
    top: share("top"),
    width: share("width"),
    height: share("height"),
    by_hand: row.dataset["byHand"] === "1",
    decision: row.dataset["decision"] ?? "cover",
  };
}

function place(made: HTMLElement, box: Box): void {
  made.style.left = `${box.left * 100}%`;
  made.style.top = `${box.top * 100}%`;
  made.style.width = `${box.width * 100}%`;
  made.style.height = `${box.height * 100}%`;
}

function toggle(box: Box): void {
  box.decision = box.decision === "cover" ? "keep" : "cover";
}

function grow(box: Box, by: number): void {
  box.left -= by / 2;
  box.top -= by / 2;
  box.width = Math.max(0.01, box.width + by);
  box.height = Math.max(0.01, box.height + by);
}

function keepInside(box: Box): void {
  box.width = Math.min(1, box.width);
  box.height = Math.min(1, box.height);
  box.left = Math.min(1 - box.width, Math.max(0, box.left));
  box.top = Math.min(1 - box.height, Math.max(0, box.top));
}

customElements.define("blur-field", BlurField);
