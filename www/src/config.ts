/** What the server writes into the page, and what follows from the address. */
import type { Options } from "./engine";
import type { Here } from "./state";

type IceServer = Options["iceServers"][number];

/** The options of the engine; `link` is the text after `#`. */
export function options(name: string): Options {
  const { protocol, host, hash } = location;
  return {
    signalUrl: `${protocol === "https:" ? "wss" : "ws"}://${host}/signal`,
    iceServers: iceServers(document.querySelector<HTMLMetaElement>('meta[name="linkspan-config"]')?.content ?? ""),
    link: hash.length > 1 ? hash.slice(1) : null,
    name,
  };
}

/**
 * The servers named in the page's own configuration: never a third party's by default. In development nothing has
 * filled the place in, which means none.
 */
export function iceServers(config: string): IceServer[] {
  if (!config.startsWith("{")) return [];
  const { iceServers = [], stunPort } = JSON.parse(config) as { iceServers?: IceServer[]; stunPort?: number | null };
  if (typeof stunPort !== "number") return iceServers;
  return [...iceServers, { urls: [`stun:${location.hostname}:${stunPort}`] }];
}

export function here(): Here {
  const { origin, pathname, hostname } = location;
  return { address: origin + pathname, loopback: /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) };
}
