/**
 * The engine as the page sees it: `start`, `send`, `onEvents`, `close`. The only importer of the Wasm package.
 * It loads and connects, and must never know what a command or an event means. ARCHITECTURE.md, *The browser side*.
 */
import init, { Page, type Command, type Event, type Options } from "./pkg/peer_wasm";
import wasmUrl from "./pkg/peer_wasm_bg.wasm?url";
import workerUrl from "./engine.worker.ts?worker&url";

export type * from "./pkg/peer_wasm";

/** What a browser must have; the name is what a person can search for. */
export type Feature =
  | "secure context"
  | "WebRTC"
  | "WebRTC data channels"
  | "WebAssembly"
  | "module workers"
  | "Web Crypto"
  | "Web Locks"
  | "BigInt";

/** Worker-bound: a Trusted Types sink takes only what this policy made, and it makes one address only. */
interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}
interface TrustedTypePolicies {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

/** Hears what happened together; `more` of it follows in the next call. */
type Listener = (events: readonly Event[], more: boolean) => void;
const listeners = new Set<Listener>();
/** Commands given before the engine was loaded. */
const early: Command[] = [];
let page: Page | null = null;
let worker: Worker | null = null;
let closed = false;
let crashed = false;

/** What this browser or page lacks; empty if the engine can start. */
export function missingFeatures(): Feature[] {
  const has: Record<Feature, boolean> = {
    "secure context": globalThis.isSecureContext,
    WebRTC: hasWebRtc(),
    "WebRTC data channels": typeof RTCDataChannel === "function",
    WebAssembly: typeof WebAssembly === "object" && typeof WebAssembly.compile === "function",
    "module workers": hasModuleWorkers(),
    "Web Crypto": typeof crypto === "object" && "subtle" in crypto,
    "Web Locks": "locks" in navigator,
    BigInt: typeof BigInt === "function",
  };
  return (Object.keys(has) as Feature[]).filter((feature) => !has[feature]);
}

/**
 * Start the engine, once in the life of a page. Without a link in `options` a room is made at once.
 *
 * Call only if nothing is in `missingFeatures()`. What fails later is told by a `Crashed` event.
 */
export async function start(options: Options): Promise<void> {
  if (worker !== null || closed) throw new Error("the engine starts once in the life of a page");
  try {
    wakeStorage();
    const started = newWorker();
    worker = started;
    started.addEventListener("error", () => crash("the engine's worker failed"));
    globalThis.addEventListener("pagehide", close);
    globalThis.addEventListener("pageshow", reloadIfRestored);
    const module = await compile();
    // Both halves begin at the same time.
    started.postMessage(module);
    await init({ module_or_path: module });
    if (isClosed()) return;
    page = new Page(started, options, emit);
    for (const command of early.splice(0)) page.send(command);
  } catch (error) {
    console.error(error);
    crash("the engine could not be loaded");
  }
}

/** Ask for something. What comes of it is told by events. */
export function send(command: Command): void {
  if (page === null) early.push(command);
  else page.send(command);
}

/** Hear all events from now on, in order, what happened together in one call, or several if it is very much; the result stops it. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Close every connection; the stored room stays. Nothing can be sent afterwards. */
export function close(): void {
  closed = true;
  if (page === null) worker?.terminate();
  else page.close();
}

/** Asked afresh: `close` may come while the code is being loaded. */
function isClosed(): boolean {
  return closed;
}

function emit(events: readonly Event[], more: boolean): void {
  // The engine tells why it stopped, and then the browser that it did: once is enough.
  const news = events.filter((event) => event.type !== "Crashed" || !crashed);
  const crashes = news.some((event) => event.type === "Crashed");
  crashed ||= crashes;
  if (news.length > 0) for (const listener of listeners) listener(news, more);
  if (crashes) close();
}

function crash(message: string): void {
  emit([{ type: "Crashed", message }], false);
}

/** Compiled once; the worker gets the same module. */
async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(wasmUrl);
  if (!response.ok) throw new Error(`the engine's code: HTTP status ${response.status}`);
  const isWasm = response.headers.get("content-type") === "application/wasm";
  return isWasm ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** A browser's storage takes its time when first asked for: that passes while the worker is being loaded. */
function wakeStorage(): void {
  // A window without storage is told so by the worker.
  navigator.storage.getDirectory().catch(() => undefined);
}

function newWorker(): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicies };
  const rules: ScriptUrlPolicy = {
    createScriptURL(url) {
      if (url !== workerUrl) throw new TypeError("not the engine's worker");
      return url;
    },
  };
  const policy = trustedTypes ? trustedTypes.createPolicy("linkspan", rules) : rules;
  return new Worker(policy.createScriptURL(workerUrl), { type: "module" });
}

/** A page that comes back from the browser's cache of whole pages has closed its engine: begin anew. */
function reloadIfRestored(event: PageTransitionEvent): void {
  if (event.persisted) location.reload();
}

/** Some add-ons leave something in its place that makes no connections. None is made to find that out. */
function hasWebRtc(): boolean {
  const { RTCPeerConnection: made } = globalThis as { RTCPeerConnection?: { prototype?: object } };
  return made?.prototype !== undefined && "createDataChannel" in made.prototype;
}

/** A browser without them never reads `type`. The empty address is never fetched: reading `type` throws first. */
function hasModuleWorkers(): boolean {
  let asked = false;
  const probe = {
    get type(): WorkerType {
      asked = true;
      throw new TypeError("probed");
    },
  };
  try {
    const { trustedTypes } = globalThis as { trustedTypes?: unknown };
    // Every browser with Trusted Types has module workers, and the policy allows no probe.
    if (trustedTypes) return typeof Worker === "function";
    new Worker("", probe).terminate();
  } catch {
    // The probe's own exception, or no Worker at all.
  }
  return asked;
}
