// Building elements without a template language. Text always goes in as text, never as markup.

type Attributes = Record<string, string | number | boolean | null | undefined>;

/** A new element with attributes and children; true stands alone, false and null are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** An icon from the text of a Lucide file, as an element that inherits our sizes and colours. */
export function icon(source: string, size = 20): SVGElement {
  const holder = document.createElement("template");
  holder.innerHTML = source.replace(/<!--[\s\S]*?-->/g, "").trim();
  const svg = holder.content.firstElementChild as SVGElement;
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", String(size));
  svg.setAttribute("height", String(size));
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** Whether the person is writing, so that single keys are theirs and not ours. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
