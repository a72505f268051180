// What a phone keeps without network, and for how long.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPast, isWaiting, type Act } from "../src/offline/acts.ts";
import { isFresh, KEPT_MS, ownerOf } from "../src/offline/lists.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const act: Act = { id: "1", who: "a", kind: "tick", room: "r", thing: "t", state: "moved", words: "", at: ago(0), seen: "" };

test("a list is shown for twelve hours and never from tomorrow", () => {
  assert.ok(isFresh(ago(KEPT_MS - 1), NOW));
  assert.ok(!isFresh(ago(KEPT_MS), NOW));
  assert.ok(!isFresh(ago(-3_600_000), NOW));
  for (const odd of [null, "", "soon"]) assert.ok(!isFresh(odd, NOW));
});

test("a page says whose it is in its first words alone", () => {
  assert.equal(ownerOf('<!doctype html>\n<html lang="vi" data-me="0a1b">'), "0a1b");
  assert.equal(ownerOf('<html lang="vi"><body data-me="0a1b">'), "");
  assert.equal(ownerOf('<html lang="vi" data-me="x onerror=">'), "");
});

test("what was refused stays until it was read, what arrived is forgotten after a day", () => {
  assert.ok(isWaiting(act));
  assert.ok(!isPast(act, NOW + 1e12));
  assert.ok(isPast({ ...act, result: "new", sent: ago(25 * 3_600_000) }, NOW));
  assert.ok(!isPast({ ...act, result: "new", sent: ago(3_600_000) }, NOW));
  assert.ok(!isPast({ ...act, result: "refused", sent: ago(1e11) }, NOW));
});
