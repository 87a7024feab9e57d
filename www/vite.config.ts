import { defineConfig } from "vite";

/** Two builds from one tree: the page, and (mode `shots`) the pictures of its states, which never ship. */
export default defineConfig(({ mode }) => {
  const shots = mode === "shots";
  return {
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
