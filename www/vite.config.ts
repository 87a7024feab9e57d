import { defineConfig, type Plugin } from "vite";

/** The engine is fetched beside the scripts, not after them: on a long line that is a second less. */
const preloadEngine: Plugin = {
  name: "preload-engine",
  transformIndexHtml(_html, { bundle = {} }) {
    const engine = Object.keys(bundle).filter((name) => name.endsWith(".wasm"));
    return engine.map((name) => ({
      tag: "link",
      // As `fetch` asks for it, or it would be loaded twice.
      attrs: { rel: "preload", as: "fetch", type: "application/wasm", crossorigin: true, href: `./${name}` },
      injectTo: "head",
    }));
  },
};

/** Two builds from one tree: the page, and (mode `shots`) the pictures of its states, which never ship. */
export default defineConfig(({ mode }) => {
  const shots = mode === "shots";
  return {
    // Whatever the path is under which a proxy serves it.
    base: "./",
    plugins: shots ? [] : [preloadEngine],
    build: {
      target: "es2022",
      outDir: shots ? "dist-shots" : "dist",
      assetsDir: "assets",
      // The server's policy allows scripts and styles from its own origin only: nothing may be inlined, and the
      // polyfill (needed by no browser that has what Linkspan needs) would be one more script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: shots ? "shots.html" : "index.html" },
    },
    worker: { format: "es" as const },
  };
});
