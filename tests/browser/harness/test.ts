/**
 * What stories import: `test` with the fixtures `site` (server and wire-tap), `further` (more of them), `people` and
 * `files`, and `expect`.
 *
 * A story fails by itself if any page had a console error, an uncaught error or a report of its policy, unless the
 * story allowed it by `person.problems.allow`.
 */
import { test as base, expect } from "@playwright/test";
import { Coturn, type Transport } from "./coturn";
import { Folder } from "./files";
import { Nginx } from "./nginx";
import { Person, type ContextOptions, type Kind } from "./people";
import { Proxy } from "./proxy";
import { Redis } from "./redis";
import { Server } from "./server";
import { StaticSite } from "./static";

export { expect };
export { hashOf, nameOf } from "./files";
export { found, heard } from "./heard";
export { Person, type Kind, type Saved } from "./people";

/** Which browsers host and guest use; set by the project in playwright.config.ts. */
export interface Kinds {
  hostKind: Kind;
  guestKind: Kind;
}

/** The server as browsers see it: through a wire-tap. */
export interface Site {
  /** The page. */
  readonly url: string;
  readonly proxy: Proxy;
  /** The server process at this moment. */
  readonly server: Server;
  /** Another server takes its place behind the same address: nothing is remembered. */
  replaceServer(): Promise<void>;
}

/** What a story needs beside the site: gone when it ends, after the people. */
export interface Further {
  /** A server with these flags. */
  server(...flags: string[]): Promise<Server>;
  /** A TURN server, and what a server must be told to hand out credentials for it. */
  coturn(transport?: Transport): Promise<Coturn>;
  /** A proxy, with these locations. */
  nginx(site: string): Promise<Nginx>;
  /** What lets several servers work as one. */
  redis(): Promise<Redis>;
  /** A wire-tap before a port of this machine. */
  tap(port: number): Promise<Proxy>;
  /** Another site: pages by their path. */
  pages(source: Record<string, string>): Promise<StaticSite>;
}

/** Makes people, and sends them home when the story ends. */
export interface People {
  host(options?: ContextOptions): Promise<Person>;
  guest(options?: ContextOptions): Promise<Person>;
  arrive(kind: Kind, options?: ContextOptions): Promise<Person>;
}

interface Fixtures extends Kinds {
  site: Site;
  further: Further;
  people: People;
  files: Folder;
}

export const test = base.extend<Fixtures>({
  hostKind: ["chromium", { option: true }],
  guestKind: ["chromium", { option: true }],

  site: async ({}, use, info) => {
    let server = await Server.start();
    const proxy = await Proxy.start(server.port);
    await use({
      url: proxy.url,
      proxy,
      get server() {
        return server;
      },
      async replaceServer() {
        await server.stop();
        server = await Server.start();
        proxy.redirect(server.port);
      },
    });
    await proxy.stop();
    await server.stop();
    if (info.status !== info.expectedStatus) {
      await info.attach("server log", { body: server.log.join("\n"), contentType: "text/plain" });
    }
  },

  further: async ({}, use) => {
    const all: { stop(): Promise<void> }[] = [];
    const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const started = await starting;
      all.push(started);
      return started;
    };
    await use({
      server: (...flags) => kept(Server.start(0, flags)),
        coturn: (transport) => kept(Coturn.start(transport)),
        nginx: (site) => kept(Nginx.start(site)),
      redis: () => kept(Redis.start()),
      tap: (port) => kept(Proxy.start(port)),
      pages: (source) => kept(StaticSite.start(source)),
    });
    for (const one of all.reverse()) await one.stop();
  },

  // Depends on the servers, so that browsers are gone before those are: their end would be an error to them.
  people: async ({ hostKind, guestKind, site: _site, further: _further }, use, info) => {
    const all: Person[] = [];
    const arrive = async (kind: Kind, options?: ContextOptions): Promise<Person> => {
      const person = await Person.arrive(kind, options);
      all.push(person);
      return person;
    };
    await use({
      arrive,
      host: (options) => arrive(hostKind, options),
      guest: (options) => arrive(guestKind, options),
    });
    // Taken before pictures are: to take one, Playwright does what the page's policy forbids.
    const problems = all.map((person) => person.problems.list);
    if (info.status !== info.expectedStatus) await picture(all, info);
    for (const person of all) await person.leave();
    for (const [index, person] of all.entries()) {
      expect(problems[index], `problems on the page of person ${index + 1} (${person.kind})`).toEqual([]);
    }
  },

  files: async ({}, use) => {
    const folder = await Folder.make();
    await use(folder);
    await folder.remove();
  },
});

/** What each person saw when the story failed. */
async function picture(all: readonly Person[], info: import("@playwright/test").TestInfo): Promise<void> {
  for (const [index, person] of all.entries()) {
    const name = `person ${index + 1} (${person.kind})`;
    try {
      const path = info.outputPath(`person-${index + 1}.png`);
      await person.page.screenshot({ path, timeout: 5_000 });
      await info.attach(name, { path, contentType: "image/png" });
    } catch (error) {
      await info.attach(name, { body: `no picture: ${String(error)}`, contentType: "text/plain" });
    }
  }
}
