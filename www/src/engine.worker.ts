/** The worker's half of the engine: takes the compiled module and hands everything else to it. */
import { initSync, startWorker } from "./pkg/peer_wasm";

addEventListener(
  "message",
  (first: MessageEvent<WebAssembly.Module>) => {
    initSync({ module: first.data });
    startWorker();
  },
  { once: true },
);
