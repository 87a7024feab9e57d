/** What stands in a link, by the words of the protocol alone: nothing of the engine is used to look. */
import { blake3 } from "@noble/hashes/blake3.js";

/** S: the sixteen random bytes of the link, which open the way to the door. */
export function secretOf(link: string): Buffer {
  return decoded(link).subarray(1, 17);
}

/** C: the first sixteen bytes of the room's id. */
export function commitmentOf(link: string): Buffer {
  return decoded(link).subarray(17, 33);
}

/** The room's tag, all that the server is to see of a link. */
export function doorTagOf(link: string): Buffer {
  const context = Buffer.from("linkspan/1 door tag");
  return Buffer.from(blake3(secretOf(link), { context, dkLen: 16 }));
}

function decoded(link: string): Buffer {
  const bytes = Buffer.from(new URL(link).hash.slice(1), "base64url");
  if (bytes.length !== 33) throw new Error("no link to a room");
  return bytes;
}
