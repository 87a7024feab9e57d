/** What a page's engine says to its page and hears from it, and the descriptions of its connections. */
import type { Person } from "./people";

declare global {
  interface Window {
    /** Messages between the page and its worker, as text; bytes as hex. */
    __overheard: string[];
    __connections: RTCPeerConnection[];
  }
}

/** From the next page load on, all of it is kept. */
export async function overhear(person: Person): Promise<void> {
  await person.context.addInitScript(listen);
}

/** What was said between the page and its engine since the page was loaded. */
export async function overheard(person: Person): Promise<string[]> {
  return person.page.evaluate(() => window.__overheard);
}

/** What nobody but the two ends of a connection may know. */
export interface Secrets {
  ufrags: string[];
  passwords: string[];
  /** SHA-256 of the certificate, as in the description. */
  fingerprints: string[];
  /** Addresses, hidden names among them. */
  addresses: string[];
  /** Whole lines. */
  candidates: string[];
}

/** The secrets of all connections that the page constructed since it was loaded, its own side's. */
export async function secretsOf(person: Person): Promise<Secrets> {
  const descriptions = await person.page.evaluate(() =>
    window.__connections.map((connection) => connection.localDescription?.sdp ?? ""),
  );
  const lines = descriptions.join("\n").split(/\r?\n/);
  const after = (prefix: string) => lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  const candidates = after("a=candidate:");
  return {
    ufrags: after("a=ice-ufrag:"),
    passwords: after("a=ice-pwd:"),
    fingerprints: after("a=fingerprint:sha-256 "),
    addresses: [...new Set(candidates.map((line) => line.split(" ")[4] ?? ""))],
    candidates,
  };
}

/** Runs in the page before its own scripts. */
function listen(): void {
  window.__overheard = [];
  window.__connections = [];
  const text = (value: unknown) =>
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "bigint") return String(part);
      if (part instanceof Uint8Array) return [...part].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return part;
    }) ?? "";
  window.Worker = new Proxy(window.Worker, {
    construct(target, args, newTarget: new () => object) {
      const worker = Reflect.construct(target, args, newTarget) as Worker;
      worker.addEventListener("message", (event) => window.__overheard.push(text(event.data)));
      const post = worker.postMessage.bind(worker) as (...args: unknown[]) => void;
      worker.postMessage = (...args: unknown[]) => {
        window.__overheard.push(text(args[0]));
        post(...args);
      };
      return worker;
    },
  });
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget: new () => object) {
      const connection = Reflect.construct(target, args, newTarget) as RTCPeerConnection;
      window.__connections.push(connection);
      return connection;
    },
  });
}
