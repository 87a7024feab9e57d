/** The product as people use it, timed inside the pages: the two clocks are one machine's. */
import { basename } from "node:path";
import { linkOf, meet, openPage, save, share } from "../browser/harness/acts";
import { Person } from "../browser/harness/people";
import { StaticSite } from "../browser/harness/static";

declare global {
  interface Window {
    /** When the robot first saw what (milliseconds of Unix time). */
    marks: Record<string, number>;
  }
}

/** Samples of memory a second. */
const SAMPLES = 10;
/** How long a browser is watched at rest before a transfer. */
const REST = 3_000;

/** Runs in the page: resolves to the time at which a button of this name is shown. */
const whenButton = (name: string): string => `new Promise((resolve) => {
  const look = () => {
    if (![...document.querySelectorAll("button")].some((button) => button.textContent.trim() === ${JSON.stringify(name)})) return;
    watcher.disconnect();
    resolve(performance.timeOrigin + performance.now());
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { subtree: true, childList: true, characterData: true });
  look();
})`;

const CLICK_SAVE = `(() => {
  const button = [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === "Save");
  const time = performance.timeOrigin + performance.now();
  button.click();
  return time;
})()`;

/** Chromium reports tasks of the main thread from 50 ms on. */
const WATCH_TASKS = `(() => {
  window.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longestTask = Math.max(window.longestTask, task.duration);
  }).observe({ type: "longtask" });
})()`;

interface Pair {
  host: Person;
  guest: Person;
}

/** A host that shares `file` and a guest that has been let in. */
async function withPair<T>(url: string, file: string, work: (pair: Pair) => Promise<T>): Promise<T> {
  const host = await Person.arrive("chromium");
  const guest = await Person.arrive("chromium");
  try {
    await openPage(host, url);
    await share(host, file);
    await meet(host, guest, "Gustav");
    await guest.page.getByRole("button", { name: "Save", exact: true }).waitFor();
    return await work({ host, guest });
  } finally {
    await Promise.all([host.leave(), guest.leave()]);
  }
}

/** One transfer: seconds from the click on Save to the file in the downloads, and the longest tasks meanwhile. */
export async function ourTransfer(
  url: string,
  file: string,
  size: number,
): Promise<{ seconds: number; longestTask: { host: number; guest: number } }> {
  return withPair(url, file, async ({ host, guest }) => {
    await Promise.all([host.page.evaluate(WATCH_TASKS), guest.page.evaluate(WATCH_TASKS)]);
    const done = guest.page.evaluate<number>(whenButton("Save again"));
    let start = NaN;
    await guest.download(size, async () => void (start = await guest.page.evaluate<number>(CLICK_SAVE)), 600_000);
    const seconds = ((await done) - start) / 1000;
    const longest = (person: Person): Promise<number> => person.page.evaluate<number>("window.longestTask");
    return { seconds, longestTask: { host: await longest(host), guest: await longest(guest) } };
  });
}

/** Bytes above idle. */
export interface Growth {
  host: number;
  guest: number;
}

/** Memory of each browser during one transfer, above what it had at rest in the connected room. */
export async function ourMemory(url: string, file: string, size: number): Promise<Growth> {
  return withPair(url, file, async ({ host, guest }) => {
    const idle = await watched({ host, guest }, () => new Promise((resolve) => setTimeout(resolve, REST)));
    const busy = await watched({ host, guest }, () => save(guest, basename(file), size, 1_800_000));
    return { host: busy.host - idle.host, guest: busy.guest - idle.guest };
  });
}

/** The most that each browser holds while `work` goes on. */
async function watched({ host, guest }: Pair, work: () => Promise<unknown>): Promise<Growth> {
  const most: Growth = { host: 0, guest: 0 };
  const timer = setInterval(() => {
    most.host = Math.max(most.host, host.memory());
    most.guest = Math.max(most.guest, guest.memory());
  }, 1000 / SAMPLES);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most;
}

/** Runs in every page from its start: does at once what a person would, and notes when each thing was there. */
const ROBOT = `window.marks = {};
{
  const mark = (name) => { window.marks[name] ??= performance.timeOrigin + performance.now(); };
  const button = (name) => [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === name && !each.disabled);
  const name = (field) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "Robot");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const done = new Set();
  const once = (what, element, act) => {
    if (!element || done.has(what)) return;
    done.add(what);
    mark(what);
    act(element);
  };
  new MutationObserver(() => {
    once("door", button("Ask to come in"), (ask) => {
      name(document.querySelector("input"));
      // The page hears of the name first.
      setTimeout(() => { mark("asked"); ask.click(); });
    });
    if (document.querySelector("[role=dialog] button.accent")) mark("knock");
    once("armed", button("Let in"), (letIn) => {
      const field = letIn.closest("[role=dialog]").querySelector("input");
      if (field) name(field);
      setTimeout(() => { mark("letIn"); letIn.click(); });
    });
    once("listed", button("Save"), (save) => save.click());
    const bar = document.querySelector("[role=progressbar]");
    if (window.marks.listed && ((bar && Number(bar.ariaValueNow) > 0) || button("Save again"))) mark("first");
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
}`;

/** Nothing but what the robot waits for. */
const BARE_DOOR = `<!doctype html><html lang="en"><title>bare</title><body><script type="module">
const button = document.createElement("button");
button.textContent = "Ask to come in";
document.body.append(document.createElement("input"), button);
</script></body></html>`;

/** Milliseconds of each part of the way in. */
export interface Opening {
  /** What a browser that was just started needs for any page, in a browser of its own. */
  bare: number;
  page: number;
  knock: number;
  join: number;
  first: number;
}

async function bareOpening(): Promise<number> {
  const site = await StaticSite.start({ "/": BARE_DOOR });
  const person = await Person.arrive("chromium");
  try {
    await person.context.addInitScript({ content: ROBOT });
    await person.page.goto(site.url);
    await person.page.waitForFunction(() => window.marks["door"] !== undefined);
    return await person.page.evaluate<number>("window.marks.door - performance.timeOrigin");
  } finally {
    await person.leave();
    await site.stop();
  }
}

/** From opening the link to the first verified byte, with robots for people. */
export async function ourOpening(url: string, file: string): Promise<Opening> {
  const bare = await bareOpening();
  const host = await Person.arrive("chromium");
  const guest = await Person.arrive("chromium");
  try {
    for (const person of [host, guest]) await person.context.addInitScript({ content: ROBOT });
    await openPage(host, url);
    await share(host, file);
    const link = await linkOf(host);
    await guest.page.goto(link);
    await guest.page.waitForFunction(() => window.marks["first"] !== undefined);
    const at = await host.page.evaluate<Record<string, number>>("window.marks");
    const there = await guest.page.evaluate<Record<string, number>>("({ ...window.marks, opened: performance.timeOrigin })");
    const between = (from = NaN, to = NaN): number => to - from;
    return {
      bare,
      page: between(there["opened"], there["door"]),
      knock: between(there["asked"], at["knock"]),
      join: between(at["letIn"], there["listed"]),
      first: between(there["listed"], there["first"]),
    };
  } finally {
    await Promise.all([host.leave(), guest.leave()]);
  }
}
