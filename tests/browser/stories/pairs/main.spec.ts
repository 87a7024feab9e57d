/** The main job, as two people do it: share by link with permission, save, chat; and the server learns nothing of it. */
import { buttonOf, cardOf, connected, copyLink, heardSaying, knock, letIn, openPage, press, rowOf, say, share } from "../../harness/acts";
import { commitmentOf, doorTagOf, secretOf } from "../../harness/link";
import { overhear, overheard, secretsOf } from "../../harness/overhear";
import { expect, hashOf, heard, nameOf, test, type Person } from "../../harness/test";

const MIB = 1 << 20;
const HOST = "Hannelore-7";
const GUEST = "Gustav-Adolf";

test("a file goes by link from tab to tab, both chat, and the server has seen only a tag and sealed bytes", async ({
  people,
  site,
  files,
}) => {
  const host = await people.host();
  const guest = await people.guest();
  await Promise.all([overhear(host), overhear(guest)]);
  const film = await files.file("summer film.mkv", 32 * MIB);

  await openPage(host, site.url);
  await share(host, film);
  await expect(rowOf(host.page, nameOf(film))).toContainText("33.6 MB");
  const link = await copyLink(host);
  expect(new URL(link).origin, "the link leads to this page").toBe(new URL(site.url).origin);

  await knock(guest, link, GUEST);
  const digits = guest.page.getByRole("img", { name: /Six digits/ });
  await expect(cardOf(host, GUEST).getByRole("img", { name: /Six digits/ }), "the same digits on both sides").toHaveText(
    (await digits.textContent()) ?? "none",
  );
  await letIn(host, GUEST, HOST);
  await connected(host, guest);

  await expect(rowOf(guest.page, nameOf(film))).toContainText(`33.6 MB · from ${HOST}`);
  await buttonOf(guest.page, nameOf(film), "Save").click();
  const saved = await guest.download(32 * MIB);
  expect(saved.name).toBe(nameOf(film));
  expect(await hashOf(saved.path)).toBe(await hashOf(film));
  await expect(rowOf(guest.page, nameOf(film))).toContainText("Verified");
  await expect(rowOf(host.page, nameOf(film)), "who shares it learns that it has arrived").toContainText("They have it all");

  await say(host, "Did the ferry arrive?");
  await heardSaying(guest, "Did the ferry arrive?");
  await say(guest, "Yes, all 32 boxes!");
  await heardSaying(host, "Yes, all 32 boxes!");
  await expect(chatOf(guest)).toContainText("Delivered");

  await threeAtOnce(host, guest, [
    await files.file("first of three.bin", 5 * MIB),
    await files.file("second of three.bin", 3 * MIB),
    await files.file("third of three.bin", 4 * MIB),
  ]);

  expect(heard(site.proxy.byServer, doorTagOf(link)), "control: the tag is what the server does see").toContain("raw");
  const unheard = new Map<string, string | Uint8Array>([
    ["the link", new URL(link).hash.slice(1)],
    ["the link's secret", secretOf(link)],
    ["the room's id", commitmentOf(link)],
    ["the host's name", HOST],
    ["the guest's name", GUEST],
    ["the film's name", nameOf(film)],
    ["the third file's name", "third of three"],
    ["the host's message", "Did the ferry arrive?"],
    ["the guest's message", "Yes, all 32 boxes!"],
    ...(await privateOf(host, "host")),
    ...(await privateOf(guest, "guest")),
  ]);
  for (const [what, wanted] of unheard) expect(heard(site.proxy.byServer, wanted), what).toEqual([]);
});

/** Two by the host and one by the guest, all on their way together. */
async function threeAtOnce(host: Person, guest: Person, [first, second, third]: [string, string, string]): Promise<void> {
  await Promise.all([share(host, first, second), share(guest, third)]);
  await press(host, nameOf(third), "Save");
  await press(guest, nameOf(first), "Save");
  await press(guest, nameOf(second), "Save");
  const [ofHost, firstSaved, secondSaved] = await Promise.all([
    host.download(4 * MIB),
    guest.download(5 * MIB),
    guest.download(3 * MIB),
  ]);
  expect(await hashOf(ofHost.path)).toBe(await hashOf(third));
  for (const [saved, path] of [
    [firstSaved, first],
    [secondSaved, second],
  ] as const) {
    expect(saved.name).toBe(nameOf(path));
    expect(await hashOf(saved.path)).toBe(await hashOf(path));
  }
}

function chatOf(person: Person) {
  return person.page.getByRole("log", { name: "Chat" });
}

/** What only the two ends may know: how they reach each other, and their public keys. */
async function privateOf(person: Person, who: string): Promise<[string, string | Uint8Array][]> {
  const { ufrags, passwords, fingerprints, addresses, candidates } = await secretsOf(person);
  for (const some of [ufrags, passwords, fingerprints, addresses]) expect(some).not.toEqual([]);
  const keys = keysIn(await overheard(person));
  expect(keys.length, "both members' keys are known to the page").toBeGreaterThanOrEqual(2);
  const name = (what: string) => (value: string | Uint8Array): [string, string | Uint8Array] => [`the ${who}'s ${what}`, value];
  return [
    ...ufrags.map(name("ufrag")),
    ...passwords.map(name("password")),
    ...fingerprints.map(name("fingerprint, written")),
    ...fingerprints.map((text) => name("fingerprint")(Buffer.from(text.replaceAll(":", ""), "hex"))),
    ...addresses.map(name("address")),
    ...addresses.map((address) => name("address, packed")(packed(address))),
    ...candidates.map(name("candidate")),
    ...keys.map((key) => name("keys")(Buffer.from(key, "hex"))),
  ];
}

function keysIn(messages: readonly string[]): string[] {
  return [...new Set(messages.flatMap((message) => [...message.matchAll(/"member":"([0-9a-f]{64})"/g)].map(([, key]) => key ?? "")))];
}

/** An address as a compact encoding would carry it. */
function packed(address: string): Buffer {
  if (address.endsWith(".local")) return Buffer.from(address.slice(0, -6).replaceAll("-", ""), "hex");
  if (address.includes(":")) return Buffer.from(address);
  return Buffer.from(address.split(".").map(Number));
}
