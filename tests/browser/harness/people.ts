/** People with a browser each: a process and a profile of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, firefox, type BrowserContext, type Page } from "@playwright/test";
import { Problems } from "./problems";
import { killBrowser, memoryOf } from "./processes";

export type Kind = "chromium" | "firefox";

export const CHROMIUM = process.env["LINKSPAN_CHROMIUM"] ?? "/usr/bin/chromium";
const FIREFOX = process.env["LINKSPAN_FIREFOX"] ?? "/usr/bin/firefox-esr";

/** Nothing but what the page does may use the network or the processor. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--disable-gpu",
];

const FIREFOX_PREFERENCES = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

export class Person {
  private constructor(
    /** Which browser it uses. */
    readonly kind: Kind,
    /** The browser's profile folder, which stays when the browser ends. */
    readonly profile: string,
    readonly problems: Problems,
    public context: BrowserContext,
    /** Its first tab. */
    public page: Page,
  ) {}

  /** A person with a fresh browser. `options` are Playwright's for the context. */
  static async arrive(kind: Kind, options: ContextOptions = {}): Promise<Person> {
    const profile = await mkdtemp(join(tmpdir(), `linkspan-${kind}-`));
    const problems = new Problems();
    const context = await launch(kind, profile, options);
    await problems.watch(context);
    return new Person(kind, profile, problems, context, await firstTab(context));
  }

  /** How many connections the page constructed since it was loaded. */
  async connectionsConstructed(): Promise<number> {
    return this.page.evaluate(() => window.__rtcConstructed);
  }

  /** A further tab of the same browser. */
  async newTab(): Promise<Page> {
    return this.context.newPage();
  }

  /** Memory of all of the browser's processes, in bytes. */
  memory(): number {
    return memoryOf(this.profile);
  }

  /** The browser crashes: all of its processes end at once, its profile stays. */
  async crash(): Promise<void> {
    const closed = new Promise((resolve) => this.context.once("close", resolve));
    killBrowser(this.profile);
    await closed;
  }

  /** The browser is started again with the profile that a crash or an end left. */
  async comeBack(options: ContextOptions = {}): Promise<void> {
    this.context = await launch(this.kind, this.profile, options);
    await this.problems.watch(this.context);
    this.page = await firstTab(this.context);
  }

  /** Closes the browser and forgets its profile. */
  async leave(): Promise<void> {
    await this.context.close();
    killBrowser(this.profile);
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface ContextOptions {
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
  deviceScaleFactor?: number;
  hasTouch?: boolean;
}

async function launch(kind: Kind, profile: string, options: ContextOptions): Promise<BrowserContext> {
  const common = { headless: true, acceptDownloads: true, locale: "en-US", ...options };
  switch (kind) {
    case "chromium":
      return chromium.launchPersistentContext(profile, {
        ...common,
        executablePath: CHROMIUM,
        args: CHROMIUM_FLAGS,
      });
    case "firefox":
      return firefox.launchPersistentContext(profile, {
        ...common,
        channel: "moz-firefox",
        executablePath: FIREFOX,
        firefoxUserPrefs: FIREFOX_PREFERENCES,
      });
  }
}

async function firstTab(context: BrowserContext): Promise<Page> {
  return context.pages()[0] ?? context.newPage();
}
