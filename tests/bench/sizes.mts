/** Sizes of the built page as the server sends it to a browser that takes brotli. */
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { show } from "./words.mjs";

const DIST = new URL("../../www/dist/", import.meta.url);

/** Rows of a table: the module, everything else, and both. */
export async function sizes(): Promise<[string, string][]> {
  let wasm = 0;
  let rest = 0;
  const entries = await readdir(fileURLToPath(DIST), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
  for (const file of files.filter((name) => !/\.(br|gz)$/.test(name))) {
    const { size } = await stat(files.includes(`${file}.br`) ? `${file}.br` : file);
    if (file.endsWith(".wasm")) wasm += size;
    else rest += size;
  }
  return [
    ["Wasm module", show(wasm)],
    ["page", show(rest)],
    ["together (aim 250 KiB)", show(wasm + rest)],
  ];
}
