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

test("every state, on a phone at night and on a desktop by day", async () => {
  test.setTimeout(600_000);
  const site = await StaticSite.start(fileURLToPath(new URL("dist-shots/", WWW)));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
  const context = await browser.newContext({ reducedMotion: "reduce", locale: "en-US" });
  const page = await context.newPage();
  expect(STATES.length).toBeGreaterThan(30);
  for (const state of STATES) {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${site.url}shots.html?state=${encodeURIComponent(state)}`);
    await page.locator("html[data-ready]").waitFor({ state: "attached" });
    await accessible(page, `${state} on a phone at night`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
    await accessible(page, `${state} on a desktop by day`);
  }
  await browser.close();
  await site.stop();
});
