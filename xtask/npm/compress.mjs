/**
 * Puts a brotli and a gzip version beside each file of a folder that gets smaller by it, for a server that compresses
 * nothing itself. `node compress.mjs FOLDER`. The page itself (index.html) is filled in by the server, so it has none.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Once at build time, so as small as can be. */
const FORMATS = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
};
/** Worth a version of its own only if it saves this share: others cost memory and a lookup for nothing. */
const WORTH = 0.9;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("which folder?");
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name === "index.html") continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  for (const [ending, compress] of Object.entries(FORMATS)) {
    const smaller = await compress(bytes);
    if (smaller.length < bytes.length * WORTH) await writeFile(`${path}.${ending}`, smaller);
  }
}
