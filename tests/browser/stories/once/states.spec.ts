/** Axe has nothing to report on any state that the page can show, made up from events as for the pictures. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { accessible } from "../../harness/axe";
import { CHROMIUM, CHROMIUM_FLAGS } from "../../harness/people";
import { StaticSite } from "../../harness/static";
import { expect, test } from "../../harness/test";

const WWW = new URL("../../../../www/", import.meta.url);
const STATES = JSON.parse(readFileSync(new URL("src/shots/states.json", WWW), "utf8")) as string[];

const LOOKS = [
  { name: "on a phone at night", colorScheme: "dark", viewport: { width: 390, height: 844 } },
  { name: "on a desktop by day", colorScheme: "light", viewport: { width: 1280, height: 800 } },
] as const;

test("every state, on a phone at night and on a desktop by day", async () => {
  test.setTimeout(600_000);
  const site = await StaticSite.start(fileURLToPath(new URL("dist-shots/", WWW)));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
  expect(STATES.length).toBeGreaterThan(30);
  // Side by side: each keeps a core busy.
  const looking = LOOKS.map(async ({ name, ...look }) => {
    const context = await browser.newContext({ ...look, reducedMotion: "reduce", locale: "en-US" });
    const page = await context.newPage();
    for (const state of STATES) {
      await page.goto(`${site.url}shots.html?state=${encodeURIComponent(state)}`);
      await page.locator("html[data-ready]").waitFor({ state: "attached" });
      await accessible(page, `${state} ${name}`);
    }
  });
  await Promise.all(looking);
  await browser.close();
  await site.stop();
});
