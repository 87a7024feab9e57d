/** Sizes of the built page as brotli carries it. */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { show } from "./words.mjs";

const DIST = new URL("../../www/dist/", import.meta.url);
const compress = promisify(brotliCompress);

/** Rows of a table: the module, everything else, and both. */
export async function sizes(): Promise<[string, string][]> {
  let wasm = 0;
  let rest = 0;
  for (const entry of await readdir(fileURLToPath(DIST), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { length } = await compress(await readFile(`${entry.parentPath}/${entry.name}`));
    if (entry.name.endsWith(".wasm")) wasm += length;
    else rest += length;
  }
  return [
    ["Wasm module", show(wasm)],
    ["page", show(rest)],
    ["together (aim 250 KiB)", show(wasm + rest)],
  ];
}
