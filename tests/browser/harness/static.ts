/** Serves files of one folder, or pages given as text, on a free port of loopback. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server as Listener } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

export class StaticSite {
  private constructor(private readonly listener: Listener) {}

  /** `source` is a folder, or pages by their path (`/name`). */
  static async start(source: string | Record<string, string>): Promise<StaticSite> {
    const listener = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
      if (path === "/favicon.ico") {
        // Browsers ask by themselves where a page names no icon.
        response.writeHead(204).end();
        return;
      }
      read(source, path).then(
        (body) => {
          const type = typeof source === "string" ? TYPES[extname(path)] : TYPES[".html"];
          response.writeHead(200, { "content-type": type ?? "application/octet-stream" }).end(body);
        },
        () => response.writeHead(404).end(),
      );
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new StaticSite(listener);
  }

  /** With a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    const closed = once(this.listener, "close");
    this.listener.close();
    this.listener.closeAllConnections();
    await closed;
  }
}

async function read(source: string | Record<string, string>, path: string): Promise<string | Buffer> {
  if (typeof source === "string") return readFile(join(source, normalize(`/${path}`)));
  const page = source[path];
  if (page === undefined) throw new Error(`no page ${path}`);
  return page;
}
