/** What a first visit loads until there is a room: bytes of bodies as the server sends them to a browser that takes brotli. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { openPage } from "../browser/harness/acts";
import { Person } from "../browser/harness/people";
import { show } from "./words.mjs";

/** Rows of a table: the module, everything else, and both. */
export async function sizes(url: string): Promise<[string, string][]> {
  const person = await Person.arrive("chromium");
  const addresses = new Set<string>();
  person.context.on("request", (request) => addresses.add(request.url()));
  await openPage(person, url);
  await person.leave();
  let [wasm, rest] = [0, 0];
  for (const address of addresses) {
    const size = await sizeOf(address);
    console.log(`  ${new URL(address).pathname}: ${size}`);
    if (address.endsWith(".wasm")) wasm += size;
    else rest += size;
  }
  return [
    ["Wasm module", show(wasm)],
    ["page", show(rest)],
    ["together (aim 250 KiB)", show(wasm + rest)],
  ];
}

/** Asked for once more: browsers don't tell how much a worker's script was. */
async function sizeOf(address: string): Promise<number> {
  const [response] = (await once(get(address, { headers: { "accept-encoding": "br" } }), "response")) as [IncomingMessage];
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  return size;
}
