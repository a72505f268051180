// The service worker of the pages that have to open without network: households to move, and a volunteer's tickets. It is built
// as one plain script; the server writes in front of it which files are the shell of this build. It answers navigations of its
// own scope and the built files they need, and leaves everything else alone.

import { sendActs, SYNC } from "./acts.ts";
import { isFresh, KEPT_AT, KEPT_FOR, LISTS, ownerOf } from "./lists.ts";

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Syncing extends Extendable {
  tag: string;
}
interface Scope {
  NGOMON: { build: string; shell: string[]; prefix: string; page: string };
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener<E extends Event>(kind: string, hear: (event: E) => void): void;
}

const scope = self as unknown as Scope;
const SHELLS = `ngomon-shell:${new URL(scope.registration.scope).pathname}:`;
const SHELL = SHELLS + scope.NGOMON.build;
const PATIENCE_MS = 6000;

async function purge(): Promise<void> {
  if (!(await caches.has(LISTS))) return;
  const lists = await caches.open(LISTS);
  for (const asked of await lists.keys()) {
    const kept = await lists.match(asked);
    if (kept && !isFresh(kept.headers.get(KEPT_AT), Date.now())) await lists.delete(asked);
  }
}

/** Keep a page for its reader; another reader's go. */
async function keep(address: string, answer: Response): Promise<void> {
  const html = await answer.text();
  const owner = ownerOf(html);
  if (!owner) return;
  const lists = await caches.open(LISTS);
  for (const asked of await lists.keys()) {
    if ((await lists.match(asked))?.headers.get(KEPT_FOR) !== owner) await lists.delete(asked);
  }
  const headers = { "Content-Type": "text/html; charset=utf-8", [KEPT_AT]: new Date().toISOString(), [KEPT_FOR]: owner };
  await lists.put(address, new Response(html, { headers }));
}

async function kept(address: string): Promise<Response | null> {
  const found = (await caches.has(LISTS)) ? await (await caches.open(LISTS)).match(address) : undefined;
  const at = found?.headers.get(KEPT_AT) ?? null;
  if (!found || !isFresh(at, Date.now())) return null;
  const html = (await found.text()).replace("<html ", `<html data-kept="${at}" `);
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}

const isPage = (answer: Response): boolean =>
  answer.ok && !answer.redirected && (answer.headers.get("Content-Type") ?? "").startsWith("text/html");

async function fromNetwork(event: Fetching, address: string): Promise<Response> {
  const answer = await fetch(event.request);
  if (isPage(answer)) event.waitUntil(keep(address, answer.clone()));
  // No longer this person's to see: what the phone keeps of it goes too.
  else if (answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500)) {
    event.waitUntil(caches.open(LISTS).then((lists) => lists.delete(address)));
  }
  return answer;
}

function unreachable(): Response {
  return new Response(scope.NGOMON.page, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

/** The page from the network where it answers soon, else as it was kept. */
async function page(event: Fetching): Promise<Response> {
  const address = event.request.url.split("#")[0] ?? "";
  await purge();
  const asked = fromNetwork(event, address);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const soon = await Promise.race([asked.catch(() => null), late]);
  if (soon && soon.status < 500) return soon;
  const old = await kept(address);
  return old ?? soon ?? asked.catch(unreachable);
}

async function built(request: Request): Promise<Response> {
  const shell = await caches.open(SHELL);
  const found = await shell.match(request.url);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await shell.put(request.url, answer.clone());
  return answer;
}

async function settle(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(SHELLS) && name !== SHELL) await caches.delete(name);
  await purge();
  await scope.clients.claim();
}

scope.addEventListener<Extendable>("install", (event) => {
  void scope.skipWaiting();
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(scope.NGOMON.shell)));
});
scope.addEventListener<Extendable>("activate", (event) => event.waitUntil(settle()));
scope.addEventListener<Fetching>("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (address.pathname.startsWith(scope.NGOMON.prefix)) event.respondWith(built(request));
});
scope.addEventListener<Syncing>("sync", (event) => {
  if (event.tag === SYNC) event.waitUntil(Promise.all([sendActs(), purge()]));
});
scope.addEventListener<MessageEvent & Extendable>("message", (event) => {
  const address = new URL(String(event.data), location.href);
  if (!address.href.startsWith(scope.registration.scope)) return;
  event.waitUntil(fetch(address.href, { redirect: "manual" }).then((answer) => (isPage(answer) ? keep(address.href, answer) : undefined)));
});
