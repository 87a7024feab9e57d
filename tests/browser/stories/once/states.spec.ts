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

for (const [look, options] of [
  ["a desktop by day", { viewport: { width: 1280, height: 800 }, colorScheme: "light" }],
  ["a phone at night", { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true, isMobile: true }],
] as const) {
  test(`every state on ${look}`, async () => {
    const site = await StaticSite.start(fileURLToPath(new URL("dist-shots/", WWW)));
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
    const context = await browser.newContext({ ...options, reducedMotion: "reduce", locale: "en-US" });
    expect(STATES.length).toBeGreaterThan(30);
    for (const state of STATES) {
      const page = await context.newPage();
      await page.goto(`${site.url}shots.html?state=${encodeURIComponent(state)}`);
      await page.locator("html[data-ready]").waitFor({ state: "attached" });
      await accessible(page, `${state} on ${look}`);
      await page.close();
    }
    await browser.close();
    await site.stop();
  });
}
