/** A room as full as it gets (20,000 messages, 4,096 files) opens, scrolls, and can be searched. */
import { fileURLToPath } from "node:url";
import { chromium, type CDPSession, type Page } from "@playwright/test";
import { CHROMIUM, CHROMIUM_FLAGS } from "../../harness/people";
import { Problems } from "../../harness/problems";
import { StaticSite } from "../../harness/static";
import { expect, test } from "../../harness/test";

const SHOTS = fileURLToPath(new URL("../../../../www/dist-shots/", import.meta.url));
const MESSAGES = 20_000;
const FILES = 4_096;
/** A screenful and what lies around it, ready for scrolling; the rest must cost nothing. */
const MOST_DRAWN = 1_000;

for (const [device, viewport] of [["a phone", { width: 390, height: 844 }], ["a desktop", { width: 1280, height: 800 }]] as const) {
  test(`a full room on ${device}`, async () => {
    test.setTimeout(120_000);
    const site = await StaticSite.start(SHOTS);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
    const page = await browser.newPage({ viewport, locale: "en-US" });
    const problems = new Problems();
    problems.watchPage(page);
    await page.addInitScript(COUNT_READ_ALOUD);
    const inspector = await page.context().newCDPSession(page);
    await inspector.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(`${site.url}shots.html?state=long-room`);
    await page.locator("html[data-ready]").waitFor({ state: "attached" });
    test.info().annotations.push({ type: "processor time to open", description: await processorTime(inspector) });

    await expect(page.getByText(`Berth ${MESSAGES} is free`)).toBeInViewport();
    // What is out of view follows in a moment.
    await expect(page.locator(".message")).toHaveCount(MESSAGES);
    await expect(page.locator(".file")).toHaveCount(FILES);
    await expect(page.getByText(`Berth ${MESSAGES} is free`), "one stays at the end meanwhile").toBeInViewport();
    expect(await page.evaluate("window.readAloud"), "what was said before is no news to a screen reader").toBe(0);
    expect(await drawn(page), "rows out of view cost no layout").toBeLessThan(MOST_DRAWN);

    // Found by the browser's own search, although never drawn.
    expect(await page.evaluate(() => (window as unknown as { find: (text: string) => boolean }).find("Berth 77 is free"))).toBe(true);
    await page.evaluate(() => getSelection()?.anchorNode?.parentElement?.scrollIntoView({ block: "center" }));
    await expect(page.getByText("Berth 77 is free")).toBeInViewport();

    await page.locator(".stream").evaluate((stream) => stream.scrollTo(0, 0));
    await expect(page.locator(".file").first()).toBeInViewport();
    expect(await drawn(page), "wherever one reads").toBeLessThan(MOST_DRAWN);
    expect(problems.list).toEqual([]);
    await browser.close();
    await site.stop();
  });
}

/** Runs in the page from its start: counts messages that come into a log which is read aloud as it grows. */
const COUNT_READ_ALOUD = `window.readAloud = 0;
new MutationObserver((records) => {
  for (const { target, addedNodes } of records) {
    const log = target instanceof Element ? target.closest("[role=log]") : null;
    if (log !== null && log.getAttribute("aria-live") !== "off") window.readAloud += addedNodes.length;
  }
}).observe(document, { childList: true, subtree: true });`;

/** How many messages are in the layout. */
function drawn(page: Page): Promise<number> {
  return page.locator(".said-text").evaluateAll((all) => all.filter((each) => each.checkVisibility({ contentVisibilityAuto: true })).length);
}

async function processorTime(inspector: CDPSession): Promise<string> {
  const { metrics } = await inspector.send("Performance.getMetrics");
  const seconds = metrics.find((metric) => metric.name === "TaskDuration")?.value ?? 0;
  return `${Math.round(seconds * 1000)} ms`;
}
