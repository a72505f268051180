// <live-feed url="/live">: one stream of changes per browser. Of all open tabs one (holder of a Web Lock) listens and
// tells the others. Each change becomes a `live` event on the document, and every element whose `data-live` names it
// gets one too, so that `hx-trigger="live"` fetches its fragment again.

import { say } from "../texts.ts";

export interface Change {
  position: number;
  kind: string;
  id: string;
  version?: number;
}

/** The browser was away too long for the stream to go on: every part fetches itself again. */
const EVERYTHING: Change = { position: 0, kind: "*", id: "*" };
const NAME = "ngomon-live";
const AGAIN_MS = [1000, 2000, 5000, 10_000, 30_000];

class LiveFeed extends HTMLElement {
  private channel: BroadcastChannel | undefined;
  private source: EventSource | undefined;
  private stop = new AbortController();
  private last = 0;
  private failures = 0;

  connectedCallback(): void {
    this.stop = new AbortController();
    if ("BroadcastChannel" in window) {
      this.channel = new BroadcastChannel(NAME);
      this.channel.onmessage = (event: MessageEvent<Change>) => this.tell(event.data);
    }
    if (!navigator.locks) return this.listen();
    navigator.locks
      .request(NAME, { signal: this.stop.signal }, () => {
        this.listen();
        return new Promise<void>((done) => this.stop.signal.addEventListener("abort", () => done()));
      })
      .catch(() => undefined);
  }

  disconnectedCallback(): void {
    this.stop.abort();
    this.source?.close();
    this.channel?.close();
  }

  private listen(): void {
    if (this.stop.signal.aborted) return;
    const url = new URL(this.getAttribute("url") ?? "/live", location.href);
    if (this.last) url.searchParams.set("after", String(this.last));
    this.source = new EventSource(url);
    this.source.onopen = () => {
      this.failures = 0;
      this.show(true);
      this.askWhispered();
    };
    this.source.onmessage = (event) => this.take(event);
    this.source.addEventListener("reset", () => {
      this.channel?.postMessage(EVERYTHING);
      this.tell(EVERYTHING);
    });
    this.source.onerror = () => {
      this.show(false);
      // The browser tries again by itself unless the server answered with an error.
      if (this.source?.readyState !== EventSource.CLOSED) return;
      const wait = AGAIN_MS[Math.min(this.failures++, AGAIN_MS.length - 1)];
      setTimeout(() => this.listen(), wait);
    };
  }

  private take(event: MessageEvent<string>): void {
    const body = JSON.parse(event.data) as Omit<Change, "position">;
    const change: Change = { ...body, position: Number(event.lastEventId) || this.last };
    this.channel?.postMessage(change);
    this.tell(change);
  }

  private tell(change: Change): void {
    this.last = Math.max(this.last, change.position);
    document.dispatchEvent(new CustomEvent<Change>("live", { detail: change }));
    const names = new Set([`${change.kind}:${change.id}`, `${change.kind}:*`]);
    for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) {
      const wanted = (part.dataset["live"] ?? "").split(/\s+/);
      if (change.kind === "*" || wanted.some((name) => names.has(name))) window.htmx.trigger(part, "live", change);
    }
  }

  /** Who comes and goes is told to open streams only, and not again: what was missed before this one opened is asked for. */
  private askWhispered(): void {
    for (const part of document.querySelectorAll<HTMLElement>('[data-live^="presence:"]')) {
      window.htmx.trigger(part, "live", EVERYTHING);
    }
  }

  private show(on: boolean): void {
    for (const lamp of document.querySelectorAll<HTMLElement>("[data-live-state]")) {
      lamp.dataset["liveState"] = on ? "on" : "off";
      lamp.textContent = say(on ? "ui.js.live.on" : "ui.js.live.off");
    }
  }
}

customElements.define("live-feed", LiveFeed);
