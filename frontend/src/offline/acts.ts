// What was done on this phone and has to reach the server: kept in IndexedDB under an id made here, sent when there is network,
// by the page or by the service worker. An act holds ids, a state, a time and the person's own words; no name of a household.

export type Result = "new" | "known" | "disputed" | "refused";

export interface Act {
  id: string;
  /** A key of the account that did it: nobody else's session sends it. */
  who: string;
  kind: "tick" | "done";
  room: string;
  thing: string;
  state: string;
  words: string;
  at: string;
  /** As of when the list was read off which it was made. */
  seen: string;
  sent?: string;
  result?: Result;
  said?: string;
}

interface Answered {
  id: string;
  result: Result;
  said?: string;
}

export const ADDRESS = "/offline/acts";
export const SYNC = "ngomon-acts";
const DATABASE = "ngomon-offline";
const AT_ONCE = 100;
const REMEMBERED_MS = 24 * 3600 * 1000;

export const news = (): BroadcastChannel => new BroadcastChannel(SYNC);

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("acts", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error as Error);
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const change = database.transaction("acts", mode, { durability: "strict" });
      const asked = work(change.objectStore("acts"));
      change.oncomplete = () => resolve(asked.result);
      change.onabort = () => reject(change.error as Error);
    });
  } finally {
    database.close();
  }
}

/** Everything this phone remembers, oldest first. */
export async function allActs(): Promise<Act[]> {
  const found = await within<Act[]>("readonly", (store) => store.getAll() as IDBRequest<Act[]>);
  return found.sort((a, b) => a.at.localeCompare(b.at));
}

export async function keepAct(act: Act): Promise<void> {
  await within("readwrite", (store) => store.put(act));
}

export async function dropAct(id: string): Promise<void> {
  await within("readwrite", (store) => store.delete(id));
}

export const isWaiting = (act: Act): boolean => act.result === undefined;

/** Whether an act need not be remembered any more: it arrived, a day ago. What was refused stays until somebody read why. */
export function isPast(act: Act, now: number): boolean {
  return act.result !== undefined && act.result !== "refused" && now - Date.parse(act.sent ?? act.at) > REMEMBERED_MS;
}

async function whoIsHere(): Promise<{ who: string; token: string } | null> {
  const answer = await fetch(ADDRESS, { headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 403) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()) as { who: string; token: string };
}

async function post(acts: Act[], here: { who: string; token: string }): Promise<Answered[]> {
  const rows = acts.map(({ id, kind, room, thing, state, words, at, seen }) => ({ id, kind, room, thing, state, words, at, seen }));
  const answer = await fetch(ADDRESS, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": here.token },
    body: JSON.stringify({ who: here.who, sent_at: new Date().toISOString(), acts: rows }),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return ((await answer.json()) as { acts: Answered[] }).acts;
}

async function sendNow(): Promise<void> {
  const kept = await allActs();
  for (const act of kept) if (isPast(act, Date.now())) await dropAct(act.id);
  if (!kept.some(isWaiting)) return;
  const here = await whoIsHere();
  if (!here) return;
  const mine = kept.filter((act) => isWaiting(act) && act.who === here.who);
  for (let from = 0; from < mine.length; from += AT_ONCE) {
    const some = mine.slice(from, from + AT_ONCE);
    const told = new Map((await post(some, here)).map((one) => [one.id, one]));
    for (const act of some) {
      const one = told.get(act.id);
      if (one) await keepAct({ ...act, result: one.result, said: one.said ?? "", sent: new Date().toISOString() });
    }
  }
  const told = news();
  told.postMessage("sent");
  told.close();
}

/** Send what waits and belongs to whoever is signed in; one sender at a time on this phone. Rejects where there is no network. */
export function sendActs(): Promise<void> {
  return navigator.locks.request(SYNC, sendNow);
}
