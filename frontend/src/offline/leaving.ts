// Leaving this browser: the lists it keeps go; what was not sent stays, bound to its person, and is said before.

import { allActs, isWaiting, sendActs } from "./acts.ts";
import { forgetLists, guardLists } from "./lists.ts";
import { say } from "../texts.ts";

async function leave(form: HTMLFormElement): Promise<void> {
  await sendActs().catch(() => undefined);
  const left = (await allActs().catch(() => [])).filter(isWaiting).length;
  if (left && !window.confirm(say("ui.js.ticks.leaving", { n: left }))) return;
  await forgetLists();
  form.submit();
}

/** Watch sign-out; forget lists whose owner is gone. */
export function startLeaving(): void {
  guardLists();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[action$='/account/sign-out']") || !("indexedDB" in window)) return;
    event.preventDefault();
    void leave(form);
  });
}
