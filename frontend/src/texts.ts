// The words the islands may say: a JSON element of the page, filled from the catalogue in the reader's language.

type Entry = string | { one?: string; other: string };

let words: Record<string, Entry> | undefined;

function load(): Record<string, Entry> {
  const holder = document.getElementById("ui-texts");
  return holder?.textContent ? (JSON.parse(holder.textContent) as Record<string, Entry>) : {};
}

/** The text of a key with its variables filled; the key itself where the page does not carry it. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  words ??= load();
  const entry = words[key];
  if (entry === undefined) return key;
  const text = typeof entry === "string" ? entry : values["n"] === 1 ? (entry.one ?? entry.other) : entry.other;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
