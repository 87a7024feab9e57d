import { resolve } from "node:path";
import { defineConfig } from "vite";

/** Two builds from one tree: the page, and (mode `shots`) the pictures of its states, which never ship. */
export default defineConfig(({ mode }) => {
  const shots = mode === "shots";
  return {
    // The shots are opened from any folder; the page lives at the root of its server.
    base: shots ? "./" : "/",
    build: {
      target: "es2022",
      outDir: shots ? "dist-shots" : "dist",
      assetsDir: "assets",
      // The server's policy allows scripts from its own origin only: nothing may be inlined, and the polyfill
      // (which every browser that has the needed features can do without) would be one more script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: resolve(import.meta.dirname, shots ? "shots.html" : "index.html") },
    },
    worker: { format: "es" as const },
  };
});
