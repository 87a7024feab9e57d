/** What a browser keeps of a room stays small while the room is open, and is never thrown away because it cannot be read. */
import { linkOf, menuOf, openPage, told } from "../../harness/acts";
import { closeTab, firstRecord, HEADER, readJournal, sizeOfJournals, writeJournal } from "../../harness/kept";
import { expect, test, type Person } from "../../harness/test";

/** More than the store lets pile up, of what was replaced. */
const REPLACED = 256 << 10;
const UNREADABLE = "What this browser kept of this room can’t be read.";

test("many changes keep a room's journal small while the room stays open", async ({ people, site }) => {
  const host = await people.host();
  const link = await open(host, site.url);
  await closeTab(host, site.url);
  const journal = await readJournal(host);
  const again = firstRecord(journal);
  const most = Math.floor((REPLACED - journal.length) / again.length) - 2;
  await writeJournal(host, Buffer.concat([journal, ...Array.from({ length: most }, () => again)]));

  await host.page.goto(link);
  await enter(host);
  expect(await sizeOfJournals(host), "it was not too long to be opened so").toBeGreaterThan(REPLACED / 2);
  await expect(async () => {
    const before = await linkOf(host);
    await (await menuOf(host.page)).getByRole("button", { name: "Make a new link" }).click();
    await expect.poll(() => linkOf(host)).not.toBe(before);
    expect(await sizeOfJournals(host)).toBeLessThan(REPLACED / 8);
  }).toPass({ intervals: [100], timeout: 60_000 });

  const newest = await linkOf(host);
  await closeTab(host, site.url);
  await host.page.goto(newest);
  await enter(host);
  expect(await linkOf(host), "the short journal knows the newest link").toBe(newest);
});

for (const [what, sentence, spoil] of [
  ["of a newer page", "This room was kept by a newer version of this page.", newer],
  ["too long to be read", UNREADABLE, huge],
  ["that is none", UNREADABLE, foreign],
  ["without its room's key", UNREADABLE, keyless],
] as const) {
  test(`a journal ${what} leads to a sentence, and is kept`, async ({ people, site }) => {
    const host = await people.host();
    const link = await open(host, site.url);
    await closeTab(host, site.url);
    const journal = await readJournal(host);
    await spoil(host, journal);
    const size = await sizeOfJournals(host);

    await host.page.goto(link);
    await told(host.page, sentence);
    await told(host.page, "Nothing was deleted.");
    await closeTab(host, site.url);
    expect(await sizeOfJournals(host)).toBe(size);

    await writeJournal(host, journal);
    await host.page.goto(link);
    await enter(host);
  });
}

test("a room that can't be read leaves the way to a new one open", async ({ people, site }) => {
  const host = await people.host();
  const link = await open(host, site.url);
  await closeTab(host, site.url);
  await foreign(host);
  await host.page.goto(link);
  await told(host.page, UNREADABLE);
  await host.page.getByRole("button", { name: "Start a new room" }).click();
  await enter(host);
  expect(await linkOf(host)).not.toBe(link);
});

function newer(host: Person, journal: Buffer): Promise<void> {
  const other = Buffer.from(journal);
  other[4] = 2;
  return writeJournal(host, other);
}

function huge(host: Person, journal: Buffer): Promise<void> {
  return writeJournal(host, journal, 2 ** 31);
}

function foreign(host: Person): Promise<void> {
  return writeJournal(host, Buffer.from("Something else was written here, by whatever else wrote here."));
}

function keyless(host: Person, journal: Buffer): Promise<void> {
  return writeJournal(host, Buffer.concat([journal.subarray(0, HEADER), journal.subarray(HEADER + firstRecord(journal).length)]));
}

async function open(host: Person, url: string): Promise<string> {
  await openPage(host, url);
  await enter(host);
  return linkOf(host);
}

/** Into the room, as its host: only that can make a new link. */
async function enter(host: Person): Promise<void> {
  const button = (name: string) => host.page.getByRole("button", { name, exact: true });
  const [chat, menu] = [button("Chat without a file"), button("Room")];
  await expect(async () => {
    // The same button stands there while the room is not open yet, and then does nothing.
    if (await chat.isVisible()) await chat.click({ timeout: 1_000 });
    await expect(menu).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect((await menuOf(host.page)).getByRole("button", { name: "Make a new link" })).toBeVisible();
}
