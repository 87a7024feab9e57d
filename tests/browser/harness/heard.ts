/** Whether something can be found in what was received: raw, hex, and base64 at any alignment. */
import type { Received } from "./proxy";

/** The ways in which `wanted` occurs in all that was `received`; empty if it does not. */
export function heard(received: Received, wanted: string | Uint8Array): string[] {
  return found([...received.wire.map((parts) => Buffer.concat(parts)), ...received.messages], wanted);
}

/** The ways in which `wanted` occurs in `haystacks`; empty if it does not. */
export function found(haystacks: readonly Buffer[], wanted: string | Uint8Array): string[] {
  const bytes = typeof wanted === "string" ? Buffer.from(wanted, "utf8") : Buffer.from(wanted);
  if (bytes.length < 4) throw new Error("too short to be found by anything but chance");
  const forms = disguises(bytes);
  if (typeof wanted === "string") {
    forms.set("UTF-16", Buffer.from(wanted, "utf16le"));
    forms.set("percent-encoded", Buffer.from(encodeURIComponent(wanted)));
  }
  const ways = new Set<string>();
  for (const haystack of haystacks) {
    const folded = Buffer.from(haystack.toString("latin1").toLowerCase(), "latin1");
    for (const [form, needle] of forms) {
      const where = form === "hex" ? folded : haystack;
      if (where.includes(needle)) ways.add(form);
    }
  }
  return [...ways];
}

function disguises(bytes: Buffer): Map<string, Buffer> {
  const forms = new Map([
    ["raw", bytes],
    ["hex", Buffer.from(bytes.toString("hex"))],
  ]);
  for (const alignment of [0, 1, 2]) {
    // The first and the last characters also encode the neighbours: only those in between are certain.
    const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString("base64").replaceAll("=", "");
    const certain = text.slice(alignment === 0 ? 0 : alignment + 1, Math.floor(((alignment + bytes.length) * 8) / 6));
    forms.set(`base64 (${alignment})`, Buffer.from(certain));
    forms.set(`base64url (${alignment})`, Buffer.from(certain.replaceAll("+", "-").replaceAll("/", "_")));
  }
  return forms;
}
