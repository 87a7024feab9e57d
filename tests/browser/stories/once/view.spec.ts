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

test("what stands in an empty field and on a button that waits can be read, by day and at night", async () => {
  const page = await shown("chat-only", PHONE);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await contrast(page, "textarea", "::placeholder"), `placeholder, ${colorScheme}`).toBeGreaterThan(AA);
    expect(await contrast(page, "button.send", ""), `disabled, ${colorScheme}`).toBeGreaterThan(AA);
  }
});

/** Of text with its ground: axe looks at neither of these two. */
const AA = 4.5;

function contrast(page: Page, selector: string, part: string): Promise<number> {
  return page.locator(selector).evaluate((element, pseudo) => {
    const channels = (color: string): [number, number, number, number] => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (/[\d.]+(?:, ?[\d.]+)*/.exec(color)?.[0] ?? "").split(",").map(Number);
      return [red, green, blue, alpha];
    };
    const grounds = [element, document.documentElement].map((each) => channels(getComputedStyle(each).backgroundColor));
    const ground = grounds.find(([, , , alpha]) => alpha === 1) ?? [255, 255, 255, 1];
    const style = getComputedStyle(element, pseudo === "" ? null : pseudo);
    const ink = channels(style.color);
    const opacity = ink[3] * Number(style.opacity);
    const light = (color: readonly number[]) =>
      [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
        const value = (color[at] ?? 0) / 255;
        return sum + weight * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      }, 0);
    const seen = ink.map((value, at) => value * opacity + (ground[at] ?? 0) * (1 - opacity));
    const [high, low] = [light(seen), light(ground)].sort((one, other) => other - one) as [number, number];
    return (high + 0.05) / (low + 0.05);
  }, part);
}
