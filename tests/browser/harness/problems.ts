/** What must never happen on the page: console errors, uncaught errors, reports of the content security policy. */
import type { BrowserContext, Page } from "@playwright/test";

declare global {
  interface Window {
    /** How many connections the page has constructed since it was loaded. */
    __rtcConstructed: number;
  }
}

export class Problems {
  private readonly found: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** This problem is what the story is about (a connection that fails when the server is gone). */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern);
  }

  /** What happened and was not allowed. */
  get list(): string[] {
    return this.found.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }

  async watch(context: BrowserContext): Promise<void> {
    await context.addInitScript(instrument);
    context.on("page", (page) => this.watchPage(page));
    for (const page of context.pages()) this.watchPage(page);
  }

  /** Watches one page, without what needs to run inside it. */
  watchPage(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error") this.found.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.found.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("crash", () => this.found.push("the page crashed"));
  }
}

/** Runs in the page before its own scripts. */
function instrument(): void {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`);
  });
  window.__rtcConstructed = 0;
  // Somebody may have switched it off.
  if (!("RTCPeerConnection" in window)) return;
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget: new () => object) {
      window.__rtcConstructed += 1;
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}
