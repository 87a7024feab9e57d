/** People with a browser each: a process and a profile of its own. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, firefox, type BrowserContext, type Download, type Page } from "@playwright/test";
import type { Certificate } from "./certificate";
import { Problems } from "./problems";
import { memoryOf, signalBrowser } from "./processes";

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
  "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",
];

const FIREFOX_PREFERENCES = {
  "app.update.enabled": false,
  // The panel would take the focus away from the page.
  "browser.download.alwaysOpenPanel": false,
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
  /** Paths of downloads that were already returned. */
  private readonly collected = new Set<string>();
  /** What Playwright was told of. */
  private readonly finished: Saved[] = [];

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
    const person = new Person(kind, home, problems, context, await firstTab(context));
    await person.listen();
    return person;
  }

  /**
   * The next file of `size` bytes that this person's browser downloads, after `trigger` if it is still to be asked
   * for. Several may be waited for at once if their sizes differ.
   */
  async download(size: number, trigger?: () => Promise<void>, within = 60_000): Promise<Saved> {
    await trigger?.();
    const deadline = Date.now() + within;
    let there: Saved[] = [];
    while (Date.now() < deadline) {
      there = await this.downloaded();
      for (const saved of there) {
        if (this.collected.has(saved.path) || (await sizeOf(saved.path)) !== size) continue;
        this.collected.add(saved.path);
        return saved;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const names = there.map(({ name }) => name).join(", ");
    throw new Error(`no download of ${size} bytes within ${within} ms; there are: ${names || "none"}`);
  }

  /**
   * All finished downloads. Chromium tells them to Playwright and keeps them under other names; Playwright hears no
   * downloads of links in Firefox (their event names no navigation, and it drops such), so there the folder is read.
   */
  private async downloaded(): Promise<Saved[]> {
    if (this.kind === "chromium") return this.finished;
    const folder = join(this.home, "downloads");
    const names = await readdir(folder);
    // While one is under way its name stands there already, empty.
    if (names.some((name) => name.endsWith(".part"))) return [];
    return names.map((name) => ({ name, path: join(folder, name) }));
  }

  /** How many connections the page constructed since it was loaded. */
  async connectionsConstructed(): Promise<number> {
    return this.page.evaluate(() => window.__rtcConstructed);
  }

  /** A further tab of the same browser. */
  async newTab(): Promise<Page> {
    return this.context.newPage();
  }

  /** Somebody else who uses `page`, a tab of the same browser. */
  beside(page: Page): Person {
    // What the browser downloads and what is wrong there is known to both.
    return Object.assign(Object.create(this) as Person, { page });
  }

  /** Memory of all of the browser's processes, in bytes. */
  memory(): number {
    return memoryOf(this.home);
  }

  /** The browser crashes: all of its processes end at once, its profile stays. */
  async crash(): Promise<void> {
    const closed = new Promise((resolve) => this.context.once("close", resolve));
    signalBrowser(this.home, "SIGKILL");
    await closed;
  }

  /** The whole browser stands still, as when its device sleeps: nothing of it may be asked for until it wakes. */
  fallAsleep(): void {
    signalBrowser(this.home, "SIGSTOP");
  }

  wake(): void {
    signalBrowser(this.home, "SIGCONT");
  }

  /** The browser is started again with the profile that a crash or an end left. */
  async comeBack(options: ContextOptions = {}): Promise<void> {
    this.context = await launch(this.kind, this.home, options);
    this.page = await firstTab(this.context);
    await this.listen();
  }

  /** Hears problems and downloads of every tab. */
  private async listen(): Promise<void> {
    // For what a person does; what the page does has the timeouts of `expect`.
    this.context.setDefaultTimeout(30_000);
    await this.problems.watch(this.context);
    const hear = (page: Page) => page.on("download", (download) => void this.finish(download));
    this.context.on("page", hear);
    this.context.pages().forEach(hear);
  }

  private async finish(download: Download): Promise<void> {
    try {
      this.finished.push({ name: download.suggestedFilename(), path: await download.path() });
    } catch {
      // It came to nothing: whoever waits for it says so.
    }
  }

  /** Closes the browser and forgets its profile. */
  async leave(): Promise<void> {
    this.wake();
    await this.context.close();
    signalBrowser(this.home, "SIGKILL");
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

export type Settings = Record<string, boolean | number | string>;

export interface ContextOptions {
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
  deviceScaleFactor?: number;
  hasTouch?: boolean;
  /** A TURN server on this machine is used as any other; Firefox would not, Chromium does anyway. */
  localTurn?: boolean;
  /** A private window; Firefox only. */
  privately?: boolean;
  /** Settings that the person has made, as the browser keeps them: of the profile in Chromium, of about:config in Firefox. */
  settings?: Settings;
  /** Variables of its environment, beside ours. */
  environment?: Record<string, string>;
  /** Which certificate the browser takes beside those that all take; Chromium only. */
  trusts?: Certificate | undefined;
}

/** A name for this machine that browsers don't take for loopback: Chromium alone resolves it, and only here. */
export const ELSEWHERE = "elsewhere.test";

async function launch(
  kind: Kind,
  home: string,
  { privately = false, localTurn = false, settings = {}, environment, trusts, ...options }: ContextOptions,
): Promise<BrowserContext> {
  const profile = join(home, "profile");
  const downloadsPath = join(home, "downloads");
  const common = { headless: true, acceptDownloads: true, downloadsPath, locale: "en-US", ...options, env: { ...process.env, ...environment } };
  switch (kind) {
    case "chromium":
      if (privately) throw new Error("Chromium keeps files for private windows, too");
      await writeChromiumSettings(profile, settings);
      return chromium.launchPersistentContext(profile, {
        ...common,
        executablePath: CHROMIUM,
        args: [...CHROMIUM_FLAGS, ...(trusts ? [`--ignore-certificate-errors-spki-list=${trusts.known}`] : [])],
      });
    case "firefox":
      return firefox.launchPersistentContext(profile, {
        ...common,
        channel: "moz-firefox",
        executablePath: FIREFOX,
        firefoxUserPrefs: {
          ...FIREFOX_PREFERENCES,
          "browser.privatebrowsing.autostart": privately,
          "media.peerconnection.ice.loopback": localTurn,
          ...settings,
        },
      });
  }
}

/** Into a profile that no browser has used yet. */
async function writeChromiumSettings(profile: string, settings: Settings): Promise<void> {
  if (Object.keys(settings).length === 0) return;
  const tree = {};
  for (const [path, value] of Object.entries(settings)) {
    const names = path.split(".");
    const last = names.pop() ?? path;
    let branch: Record<string, unknown> = tree;
    for (const name of names) branch = (branch[name] ??= {}) as Record<string, unknown>;
    branch[last] = value;
  }
  await mkdir(join(profile, "Default"), { recursive: true });
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(tree));
}

/** A download's size; none while Firefox gives it its name: until then another one stands there, gone a moment later. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function firstTab(context: BrowserContext): Promise<Page> {
  return context.pages()[0] ?? context.newPage();
}
