/**
 * Stories in real browsers: stories/pairs run with every pair of browsers, stories/each once in each browser,
 * stories/once and stories/others (what people stumbled over in other programs) with Chromium alone.
 * Two at a time: a story mostly waits for what takes its time, and one alone leaves two cores half idle. Three save two
 * minutes more, and stories that look at what passes quickly come too late now and then.
 */
import { defineConfig } from "@playwright/test";
import type { Kinds } from "./harness/test";

const PAIRS = "stories/pairs/**/*.spec.ts";
const EACH = ["stories/each/**/*.spec.ts", "harness/smoke.spec.ts"];
const ONCE = ["stories/once/**/*.spec.ts", "stories/others/**/*.spec.ts"];

export default defineConfig<Kinds>({
  testDir: ".",
  outputDir: "test-results",
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  projects: [
    {
      name: "chromium-chromium",
      testMatch: [...EACH, ...ONCE, PAIRS],
      use: { hostKind: "chromium", guestKind: "chromium" },
    },
    { name: "firefox-firefox", testMatch: [...EACH, PAIRS], use: { hostKind: "firefox", guestKind: "firefox" } },
    { name: "chromium-firefox", testMatch: PAIRS, use: { hostKind: "chromium", guestKind: "firefox" } },
    { name: "firefox-chromium", testMatch: PAIRS, use: { hostKind: "firefox", guestKind: "chromium" } },
  ],
});
