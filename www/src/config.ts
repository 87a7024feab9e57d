/** What the server writes into the page, and what follows from the address. */
import type { Options } from "./engine";
import type { Here } from "./state";

type IceServer = Options["iceServers"][number];

/** What stands in the page's own HTML. */
interface Config {
  iceServers?: IceServer[];
  /** Where the page's own host answers STUN. */
  stunPort?: number;
  /** Where to meet, if not beside the page. */
  signalingUrl?: string;
}

/** The options of the engine; `link` is the text after `#`. */
export function options(name: string): Options {
  const { protocol, host, hash } = location;
  const config = written(document.querySelector<HTMLMetaElement>('meta[name="linkspan-config"]')?.content ?? "");
  return {
    signalUrl: config.signalingUrl ?? `${protocol === "https:" ? "wss" : "ws"}://${host}/signal`,
    iceServers: iceServers(config),
    link: hash.length > 1 ? hash.slice(1) : null,
    name,
  };
}

/** In development nothing has filled the place in, which means that nothing is configured. */
function written(config: string): Config {
  return config.startsWith("{") ? (JSON.parse(config) as Config) : {};
}

/** The servers named in the page's own configuration: never a third party's by default. */
function iceServers({ iceServers = [], stunPort }: Config): IceServer[] {
  if (stunPort === undefined) return iceServers;
  return [...iceServers, { urls: [`stun:${location.hostname}:${stunPort}`] }];
}

export function here(): Here {
  const { origin, pathname, hostname } = location;
  return { address: origin + pathname, loopback: /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) };
}
