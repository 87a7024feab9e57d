/** What must stay in view, however many people and files there are, and however low the window is. */
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "@playwright/test";
import { CHROMIUM, CHROMIUM_FLAGS } from "../../harness/people";
import { StaticSite } from "../../harness/static";
import { expect, test } from "../../harness/test";

const SHOTS = fileURLToPath(new URL("../../../../www/dist-shots/", import.meta.url));
const PHONE = { width: 390, height: 844 };
/** What is left of it above a keyboard. */
const PHONE_WITH_KEYBOARD = { width: 390, height: 508 };
const DESKTOP = { width: 1280, height: 800 };

let site: StaticSite;
let browser: Browser;

test.beforeAll(async () => {
  site = await StaticSite.start(SHOTS);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
});

test.afterAll(async () => {
  await browser.close();
  await site.stop();
});

async function shown(state: string, viewport: { width: number; height: number }): Promise<Page> {
  const isMobile = viewport.width < 600;
  const page = await browser.newPage({ viewport, isMobile, hasTouch: isMobile, locale: "en-US" });
  await page.goto(`${site.url}shots.html?state=${state}`);
  await page.locator("html[data-ready]").waitFor({ state: "attached" });
  return page;
}

test("a room of 64 people: the menu and the way out of the room are in reach of a thumb", async () => {
  const page = await shown("people-64", PHONE);
  await expect(page.getByRole("button", { name: "Room", exact: true })).toBeInViewport({ ratio: 1 });
  await page.getByRole("button", { name: "61 more people" }).click();
  await expect(page.getByRole("list", { name: "64 people in this room" }).getByRole("listitem")).toHaveCount(64);
  await expect(page.getByRole("button", { name: "End room…" })).toBeInViewport({ ratio: 1 });
});

test("30 files and a few words: both are in view, and scroll by themselves", async () => {
  const page = await shown("rows-30", DESKTOP);
  await expect(page.getByText("That was berth 28.")).toBeInViewport();
  await expect(page.getByText("berth 1 as it is today").first()).toBeInViewport();
  await page.getByRole("list", { name: "Files" }).evaluate((files) => files.scrollTo(0, files.scrollHeight));
  await expect(page.getByText("berth 30 as it is today")).toBeInViewport();
  await expect(page.getByText("That was berth 28."), "the words stay").toBeInViewport();
  await expect(page.getByRole("button", { name: "Pause" }), "what runs stays").toBeInViewport({ ratio: 1 });
});

test("what is being saved stays in view on a phone, wherever one reads", async () => {
  const page = await shown("rows-300", PHONE);
  for (const part of [0, 0.5, 1]) {
    await page.locator(".stream").evaluate((stream, at) => stream.scrollTo(0, stream.scrollHeight * at), part);
    await expect(page.getByRole("button", { name: "Pause" })).toBeInViewport({ ratio: 1 });
  }
});

test("with a phone's keyboard up most of what is left is the room's", async () => {
  const page = await shown("long-chat", PHONE_WITH_KEYBOARD);
  const stream = await page.locator(".stream").boundingBox();
  expect(stream?.height).toBeGreaterThan(340);
  await expect(page.getByRole("status")).toHaveText("direct");
  await expect(page.getByRole("status")).toBeInViewport({ ratio: 1 });
});
