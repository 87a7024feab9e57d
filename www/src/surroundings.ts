/** What the page does to the browser around it, as a function of the state: title, wake lock, the question on closing. */
import { transferring, wouldLose } from "./select";
import type { State } from "./state";
import { text } from "./text";
import { titleOf } from "./title";

let sentinel: WakeLockSentinel | null = null;
let asking = false;

export function showAround(state: State): void {
  document.title = titleOf(state);
  const lose = wouldLose(state);
  if (lose !== asking) {
    asking = lose;
    // Added only while needed: a listener that is always there keeps a page out of the back-forward cache.
    if (lose) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  }
  void keepAwake(transferring(state));
}

/** Says the knock of somebody called `name` to a person who looks elsewhere, if they allowed it by a click. */
export function notifyKnock(name: string): void {
  if (!document.hidden || !("Notification" in globalThis) || Notification.permission !== "granted") return;
  try {
    new Notification(text.knock.title(name), { tag: "linkspan-knock" });
  } catch {
    // Some phones allow notifications to service workers only; the title badge says it too.
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

async function keepAwake(wanted: boolean): Promise<void> {
  if (!("wakeLock" in navigator)) return;
  if (!wanted) {
    await sentinel?.release();
    sentinel = null;
  } else if ((sentinel === null || sentinel.released) && document.visibilityState === "visible") {
    try {
      sentinel = await navigator.wakeLock.request("screen");
    } catch {
      // Refused (low battery): the transfer goes on while the screen is on.
      sentinel = null;
    }
  }
}
