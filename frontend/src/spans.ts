// Lengths of time in words: the same rules as `ngomon/ui/rules.py`, so that page and clock never disagree.

import { say } from "./texts.ts";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** "3 giờ": minutes, hours or, from two days on, days; rounded down, at least a minute. Units: seconds. */
export function span(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  if (whole >= 2 * DAY) return say("ui.span.days", { n: Math.floor(whole / DAY) });
  if (whole >= HOUR) return say("ui.span.hours", { n: Math.floor(whole / HOUR) });
  return say("ui.span.minutes", { n: Math.max(1, Math.floor(whole / MINUTE)) });
}

/** The colour of a due time: red when past, amber when near, neutral else. */
export function dueTone(left: number, soon: number): "red" | "amber" | "neutral" {
  if (left <= 0) return "red";
  return left <= soon ? "amber" : "neutral";
}

/** How long ago, while that reads well (an hour ahead to six hours back); empty beyond, where the page's own words stand. */
export function ago(seconds: number): string {
  if (seconds >= 0 && seconds < MINUTE) return say("ui.when.just_now");
  if (seconds > 0 && seconds < HOUR) return say("ui.when.minutes_ago", { n: Math.floor(seconds / MINUTE) });
  if (seconds < 0 && seconds > -HOUR) return say("ui.when.in_minutes", { n: Math.max(1, Math.floor(-seconds / MINUTE)) });
  if (seconds >= HOUR && seconds < 6 * HOUR) return say("ui.when.hours_ago", { n: Math.floor(seconds / HOUR) });
  return "";
}
