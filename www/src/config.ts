/** What the server writes into the page, and what follows from the address. */
import type { Options } from "./engine";
import { keepsNothing, somebodyElse } from "./remember";
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
  const { hash } = location;
  const config = configured();
  return {
    signalUrl: config.signalingUrl ?? beside("signal").replace(/^http/, "ws"),
    iceServers: iceServers(config),
    link: hash.length > 1 ? hash.slice(1) : null,
    name,
    tab: somebodyElse(),
  };
}

/** Where a plain request reaches the server that the page meets at; none if that is elsewhere, as its policy allows none then. */
export function signalingBeside(): string | null {
  return configured().signalingUrl === undefined ? beside("signal") : null;
}

function configured(): Config {
  return written(document.querySelector<HTMLMetaElement>('meta[name="linkspan-config"]')?.content ?? "");
}

/** What the page's own server has beside it, also where a proxy puts both under a path. */
function beside(name: string): string {
  return new URL(name, location.href).href;
}

/**
 * Whether the address was a link until a program on its way took `#` for a character to be escaped: then what should
 * have stayed in the browser was sent to every server on the way. So long a text holds the secret, whatever it became.
 */
export function wasSeen(): boolean {
  const { pathname, search, hash } = location;
  return hash.length < 2 && /%(25)*23[\w%=-]{32}/.test(pathname + search);
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

/** What the browser's history keeps of a room's address, for this tab and over a reload alone. */
export const WAS_INSIDE = "was inside";

export function here(): Here {
  return {
    address: beside("."),
    loopback: /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname),
    byLink: location.hash.length > 1,
    wasInside: history.state === WAS_INSIDE,
    somebodyElse: somebodyElse() !== null,
    keepsNothing: keepsNothing(),
  };
}
