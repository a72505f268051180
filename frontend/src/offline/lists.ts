// The lists of households and tickets that this phone keeps for when there is no network. They name people, so they are few,
// short-lived and bound to one person: only what that person opened here, at most twelve hours old, gone at sign-out.

export const LISTS = "ngomon-lists";
export const KEPT_MS = 12 * 3600 * 1000;
const OWNER = "ngomon-lists-of";

export const KEPT_AT = "X-Kept-At";
export const KEPT_FOR = "X-Kept-For";

/** Whether a list kept at an instant may still be shown. */
export function isFresh(keptAt: string | null, now: number): boolean {
  const at = Date.parse(keptAt ?? "");
  return Number.isFinite(at) && now - at >= -60_000 && now - at < KEPT_MS;
}

/** Whose page this is, as the server wrote it into the page; empty for nobody's. */
export function ownerOf(html: string): string {
  return /<html [^>]*\bdata-me="([0-9a-f]+)"/.exec(html.slice(0, 2000))?.[1] ?? "";
}

/** The addresses of lists that may be opened without network now. */
export async function keptAddresses(): Promise<Set<string>> {
  const found = new Set<string>();
  if (!("caches" in window) || !(await caches.has(LISTS))) return found;
  const lists = await caches.open(LISTS);
  for (const asked of await lists.keys()) {
    const kept = await lists.match(asked);
    if (kept && isFresh(kept.headers.get(KEPT_AT), Date.now())) found.add(asked.url);
  }
  return found;
}

/** From now on this browser keeps lists of this person. */
export function ownLists(me: string): void {
  try {
    localStorage.setItem(OWNER, me);
  } catch {
    // Private windows may have no storage; their caches end with them.
  }
}

/** Forget every list: at sign-out, and whenever a page shows that somebody else, or nobody, is signed in. */
export async function forgetLists(): Promise<void> {
  try {
    localStorage.removeItem(OWNER);
  } catch {
    // as above
  }
  if ("caches" in window) await caches.delete(LISTS);
}

/** Called by every page: lists of somebody who is not signed in here any more are forgotten. */
export function guardLists(): void {
  let owner: string | null = null;
  try {
    owner = localStorage.getItem(OWNER);
  } catch {
    return;
  }
  if (owner !== null && owner !== (document.documentElement.dataset["me"] ?? "")) void forgetLists();
}
