/** Whether the server answers where no socket opens: a browser tells a page nothing about why one did not. */
import type { Heard } from "./state";

/** A server that has not answered by then is not there, as far as a person can tell. */
const PATIENCE = 10_000;
/** How the server answers a POST, by which alone a browser names the page's origin as it does for a socket. */
const FORBIDDEN = 403;
const UPGRADE_REQUIRED = 426;

/** Asks at `address`, which takes sockets. */
export async function heardFrom(address: string): Promise<Heard> {
  try {
    const { status } = await fetch(address, { method: "POST", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return status === FORBIDDEN ? "refused" : status === UPGRADE_REQUIRED ? "may-connect" : "nothing";
  } catch {
    // Offline, or the server is: that is what was to be found out.
    return "nothing";
  }
}
