/**
 * The pictures of README.md, from the made-up states: `readme.ts PAGE_FOLDER PICTURE_FOLDER`.
 * Ends with an error if one is too large for a document that is opened before anything else.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { CHROMIUM, CHROMIUM_FLAGS } from "./people";
import { StaticSite } from "./static";

/** In the order in which it happens; `knock` and `asked` are the two sides of one knock, with the same digits. */
const STATES = ["waiting", "knock", "asked", "receiving"];
const SCHEMES = ["light", "dark"] as const;

/** A small phone. Four stand in a row, so this is sharp enough. */
const LOOK = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 1.2 };

/** A page of text must not wait for its pictures; `tidy::pictures` has the same bound. */
const LARGEST = 60 * 1024;

const [page, pictures] = process.argv.slice(2);
if (page === undefined || pictures === undefined) throw new Error("usage: readme.ts PAGE_FOLDER PICTURE_FOLDER");

const site = await StaticSite.start(page);
const tooLarge: string[] = [];
const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
for (const colorScheme of SCHEMES) {
  const context = await browser.newContext({ ...LOOK, colorScheme, reducedMotion: "reduce", locale: "en-US" });
  const tab = await context.newPage();
  for (const state of STATES) {
    await tab.goto(`${site.url}shots.html?state=${state}`);
    await tab.locator("html[data-ready]").waitFor({ state: "attached" });
    const path = join(pictures, `${state}-${colorScheme}.png`);
    await tab.screenshot({ path });
    const { size } = await stat(path);
    console.log(`${path}: ${(size / 1024).toFixed(1)} KiB`);
    if (size > LARGEST) tooLarge.push(path);
  }
  await context.close();
}
await browser.close();
await site.stop();
if (tooLarge.length > 0) {
  console.error(`larger than ${LARGEST / 1024} KiB: ${tooLarge.join(", ")}`);
  process.exitCode = 1;
}
