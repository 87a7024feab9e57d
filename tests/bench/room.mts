/** A room as full as it gets, written by three people through the page, and opened again by its host. */
import { connected, linkOf, meet, openPage } from "../browser/harness/acts";
import { Person } from "../browser/harness/people";

/**
 * What each of three people writes: their shares of 20,000. Nobody may make more than 10,000 entries, and every file of
 * the host’s costs two: one that shares it, one that says what its hash is.
 */
const SHARES = [1_500, 9_250, 9_250];
const MESSAGES = SHARES.reduce((sum, share) => sum + share);
const FILES = 4_096;
/** Files chosen at once: as many as one entry names. */
const AT_ONCE = 64;
/** Messages written at once, with a pause after them, so that the engine's own queue of drafts is never full. */
const BURST = 50;
const PAUSE = 500;
const PATIENCE = 600_000;

/** Runs in the page: writes `count` messages as a person would, only faster. */
const WRITE = `async (from, count) => {
  const field = document.querySelector("form.composer textarea");
  const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
  for (let number = from; number < from + count; number += 1) {
    set.call(field, "Berth " + number + " is free from Monday, as far as the harbour office says.");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    if (number % ${BURST} === 0) await new Promise((resolve) => setTimeout(resolve, ${PAUSE}));
  }
}`;

/**
 * Runs in the page from its start: notes when the newest message is there and a next one can be written, when all of
 * the room is in the document, and how long the longest task was.
 */
const watch = (newest: string): string => `window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: "longtask" });
const messages = document.getElementsByClassName("message"), files = document.getElementsByClassName("file");
const look = () => {
  const last = messages[messages.length - 1]?.querySelector(".said-text").textContent;
  if (window.usable === undefined && last === ${JSON.stringify(newest)} && document.querySelector("form.composer textarea")) {
    requestAnimationFrame(() => { window.usable = performance.now(); });
  }
  if (messages.length < ${MESSAGES} || files.length < ${FILES}) return requestAnimationFrame(look);
  requestAnimationFrame(() => { window.shown = performance.now(); });
};
look();`;

/** What opening it took, in ms. */
export interface Opened {
  /** From the navigation to the frame with the newest message, below which a next one can be written. */
  usable: number;
  /** From the navigation to the frame after which all of it is in the document. */
  shown: number;
  longestTask: number;
  /** Processor time of the page's main thread. */
  busy: number;
  /** From the End of the list to its beginning, until a frame shows it. */
  scrolled: number;
}

export async function fullRoom(url: string, rounds: number): Promise<Opened[]> {
  const people = [await Person.arrive("chromium"), await Person.arrive("chromium"), await Person.arrive("chromium")];
  const [host, ...guests] = people as [Person, ...Person[]];
  try {
    await openPage(host, url);
    for (const [number, guest] of guests.entries()) await meet(host, guest, `Guest ${number}`);
    await connected(...people);
    const writes = people.map(({ page }, who) => page.evaluate(`(${WRITE})(${who} * 10000, ${SHARES[who]})`));
    await Promise.all(writes);
    const messages = (person: Person): Promise<number> => person.page.locator(".message").count();
    while ((await messages(host)) < MESSAGES) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    console.log(`  ${MESSAGES} messages are written`);
    for (let file = 0; file < FILES; file += AT_ONCE) {
      const names = Array.from({ length: AT_ONCE }, (_, one) => `survey ${file + one}.pdf`);
      const files = names.map((name) => ({ name, mimeType: "application/pdf", buffer: Buffer.from(name) }));
      await host.page.locator("input[type=file][multiple]").first().setInputFiles(files);
      await host.page.waitForFunction((count) => document.querySelectorAll(".file").length >= count, file + AT_ONCE, { timeout: PATIENCE });
    }
    console.log(`  ${FILES} files are shared`);
    const link = await linkOf(host);
    for (const guest of guests) await guest.leave();
    const newest = await host.page.locator(".message .said-text").last().textContent();
    await host.context.addInitScript({ content: watch(newest ?? "") });
    const inspector = await host.context.newCDPSession(host.page);
    await inspector.send("Performance.enable", { timeDomain: "threadTicks" });
    const busy = async (): Promise<number> => {
      const { metrics } = await inspector.send("Performance.getMetrics");
      return (metrics.find((metric) => metric.name === "TaskDuration")?.value ?? 0) * 1000;
    };
    const runs: Opened[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await host.page.goto("about:blank");
      const before = await busy();
      await host.page.goto(link);
      await host.page.waitForFunction(() => "shown" in window, undefined, { timeout: PATIENCE });
      const [usable, shown, longestTask] = await host.page.evaluate<[number, number, number]>("[window.usable, window.shown, window.longest]");
      const spent = (await busy()) - before;
      const scrolled = await host.page.evaluate<number>(`new Promise((resolve) => {
        const since = performance.now();
        document.querySelector(".stream").scrollTo(0, 0);
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - since)));
      })`);
      runs.push({ usable, shown, longestTask, busy: spent, scrolled });
    }
    return runs;
  } finally {
    await Promise.all(people.map((person) => person.leave().catch(() => undefined)));
  }
}
