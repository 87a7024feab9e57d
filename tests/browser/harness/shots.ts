/**
 * Pictures of every state of the page: `shots.ts PAGE_FOLDER STATES_JSON PICTURE_FOLDER [PART_OF_A_NAME]`.
 * Ends with an error if a state can't be shown, is wider than its window, has two next things to do in the accent's
 * colour, or had an error in the console.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser } from "@playwright/test";
import { CHROMIUM, CHROMIUM_FLAGS } from "./people";
import { Problems } from "./problems";
import { StaticSite } from "./static";

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const SCHEMES = ["light", "dark"] as const;

interface Look {
  size: keyof typeof SIZES;
  scheme: (typeof SCHEMES)[number];
}

const [page, statesFile, pictures, part = ""] = process.argv.slice(2);
if (page === undefined || statesFile === undefined || pictures === undefined) {
  throw new Error("usage: shots.ts PAGE_FOLDER STATES_JSON PICTURE_FOLDER [PART_OF_A_NAME]");
}
const states = (JSON.parse(await readFile(statesFile, "utf8")) as string[]).filter((name) => name.includes(part));
if (states.length === 0) throw new Error(`no state's name contains ${part}`);

await mkdir(pictures, { recursive: true });
const site = await StaticSite.start(page);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
const looks: Look[] = (["phone", "desktop"] as const).flatMap((size) => SCHEMES.map((scheme) => ({ size, scheme })));
// Side by side: each waits most of its time for the page to come to rest.
const problems = (await Promise.all(looks.map((look) => photograph(browser, look, pictures)))).flat();
await browser.close();
await site.stop();
await writeFile(join(pictures, "index.html"), contactSheet());

console.log(`${states.length * looks.length - problems.length} of ${states.length * looks.length} pictures are well`);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}

async function photograph(browser: Browser, { size, scheme }: Look, folder: string): Promise<string[]> {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: scheme,
    deviceScaleFactor: 2,
    reducedMotion: "reduce",
    hasTouch: size === "phone",
    isMobile: size === "phone",
    locale: "en-US",
  });
  const found: string[] = [];
  for (const state of states) {
    const name = `${state}-${size}-${scheme}`;
    const watched = new Problems();
    const tab = await context.newPage();
    watched.watchPage(tab);
    try {
      await tab.goto(`${site.url}shots.html?state=${encodeURIComponent(state)}`);
      await tab.locator("html[data-ready]").waitFor({ state: "attached", timeout: 20_000 });
      // Not `innerWidth`: on a phone it grows with what is too wide for it.
      const tooWide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (tooWide > 0) found.push(`${name}: ${tooWide} pixels wider than its window`);
      const accents = await tab.locator("button.accent:visible").evaluateAll(
        (all) => all.filter((each) => getComputedStyle(each).backgroundColor !== "rgba(0, 0, 0, 0)").length,
      );
      if (accents > 1) found.push(`${name}: ${accents} buttons in the accent's colour`);
      await tab.screenshot({ path: join(folder, `${name}.png`) });
    } catch (error) {
      found.push(`${name}: ${String(error)}`);
    }
    found.push(...watched.list.map((problem) => `${name}: ${problem}`));
    await tab.close();
  }
  await context.close();
  return found;
}

/** All pictures side by side, for a look at the whole. */
function contactSheet(): string {
  const rows = states.map((state) => {
    const cells = looks.map(
      ({ size, scheme }) => `<img src="${state}-${size}-${scheme}.png" alt="${state}, ${size}, ${scheme}" height="400">`,
    );
    return `<h2>${state}</h2>${cells.join(" ")}`;
  });
  return `<!doctype html><meta charset="utf-8"><title>Every state</title>${rows.join("\n")}\n`;
}
