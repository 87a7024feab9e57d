/** People with a browser each: a process and a profile of its own. */
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
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

/** A file that the browser has downloaded. */
export interface Saved {
  /** As the browser named it. */
  name: string;
  path: string;
}

export class Person {
  /** Names in the download folder that were already returned. */
  private readonly collected = new Set<string>();

  private constructor(
    /** Which browser it uses. */
    readonly kind: Kind,
    /** Holds its profile and its downloads; stays when the browser ends. */
    private readonly home: string,
    readonly problems: Problems,
    public context: BrowserContext,
    /** Its first tab. */
    public page: Page,
  ) {}

  /** A person with a fresh browser. `options` are Playwright's for the context. */
  static async arrive(kind: Kind, options: ContextOptions = {}): Promise<Person> {
    const home = await mkdtemp(join(tmpdir(), `linkspan-${kind}-`));
    await mkdir(join(home, "downloads"));
    const problems = new Problems();
    const context = await launch(kind, home, options);
    await problems.watch(context);
    return new Person(kind, home, problems, context, await firstTab(context));
  }

  /**
   * The next file of `size` bytes that this person's page downloads after `trigger`.
   *
   * Playwright hears no downloads of links in Firefox (their event names no navigation, and it drops such), so there
   * the folder itself is watched.
   */
  async download(size: number, trigger: () => Promise<void>, within = 60_000, page = this.page): Promise<Saved> {
    if (this.kind === "chromium") {
      const [download] = await Promise.all([page.waitForEvent("download", { timeout: within }), trigger()]);
      return { name: download.suggestedFilename(), path: await download.path() };
    }
    await trigger();
    const folder = join(this.home, "downloads");
    let listed: string[] = [];
    const deadline = Date.now() + within;
    while (Date.now() < deadline) {
      listed = await readdir(folder);
      const unfinished = listed.some((name) => name.endsWith(".part"));
      for (const name of unfinished ? [] : listed.filter((name) => !this.collected.has(name))) {
        const path = join(folder, name);
        if ((await stat(path)).size !== size) continue;
        this.collected.add(name);
        return { name, path };
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no download of ${size} bytes within ${within} ms; there are: ${listed.join(", ") || "none"}`);
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
    return memoryOf(this.home);
  }

  /** The browser crashes: all of its processes end at once, its profile stays. */
  async crash(): Promise<void> {
    const closed = new Promise((resolve) => this.context.once("close", resolve));
    killBrowser(this.home);
    await closed;
  }

  /** The browser is started again with the profile that a crash or an end left. */
  async comeBack(options: ContextOptions = {}): Promise<void> {
    this.context = await launch(this.kind, this.home, options);
    await this.problems.watch(this.context);
    this.page = await firstTab(this.context);
  }

  /** Closes the browser and forgets its profile. */
  async leave(): Promise<void> {
    await this.context.close();
    killBrowser(this.home);
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface ContextOptions {
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
  deviceScaleFactor?: number;
  hasTouch?: boolean;
}

async function launch(kind: Kind, home: string, options: ContextOptions): Promise<BrowserContext> {
  const profile = join(home, "profile");
  const downloadsPath = join(home, "downloads");
  const common = { headless: true, acceptDownloads: true, downloadsPath, locale: "en-US", ...options };
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
