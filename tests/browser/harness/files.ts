/** Files of any size whose bytes follow from their name, and the hash that `b3sum` would print. */
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const PIECE = 1 << 20;

/** A folder for one test, removed afterwards. */
export class Folder {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), "linkspan-")));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A file of `size` bytes; equal names and sizes give equal bytes. Nothing is held in memory whole. */
  async file(name: string, size: number): Promise<string> {
    const path = join(this.path, name);
    const file = await open(path, "w");
    try {
      const piece = Buffer.alloc(PIECE);
      let state = seed(`${name} ${size}`);
      for (let written = 0; written < size; ) {
        state = fill(piece, state);
        const length = Math.min(PIECE, size - written);
        await file.write(piece, 0, length);
        written += length;
      }
    } finally {
      await file.close();
    }
    return path;
  }
}

/** BLAKE3 of a file, in hex. */
export async function hashOf(path: string): Promise<string> {
  const hasher = blake3.create();
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) hasher.update(piece as Buffer);
  return bytesToHex(hasher.digest());
}

/** What a browser shows as the file's name. */
export function nameOf(path: string): string {
  return basename(path);
}

function seed(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 0x01000193);
  return state | 1;
}

/** xorshift32: fast, and no two pieces of a file are alike. */
function fill(piece: Buffer, start: number): number {
  let state = start;
  const words = new Int32Array(piece.buffer, piece.byteOffset, piece.length / 4);
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return state;
}
