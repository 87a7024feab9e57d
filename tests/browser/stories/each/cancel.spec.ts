/** A save that nobody wants any more leaves nothing in the browser. */
import { meet, openPage, press, rowOf, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const SIZE = 4 << 20;
/** The first file that the engine saves, as the shell names it. */
const FIRST = "1";

test("a save that is cancelled while its place is being made leaves nothing behind", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  const name = nameOf(film);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");

  const place = await taken(guest);
  await press(guest, name, "Save");
  await rowOf(guest.page, name).getByRole("button", { name: `More about ${name}` }).press("Enter");
  await press(guest, name, "Cancel");
  await expect(rowOf(guest.page, name)).toContainText("Cancelled");
  await place.evaluate(({ writer }) => writer.abort());

  const kept = () =>
    place.evaluate(async ({ folder }) => {
      const names = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    });
  await expect.poll(kept).toEqual([]);
  await press(guest, name, "Save");
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(await hashOf(film));
});

/** The place of the first file is in use by somebody else, so that it takes a while to get it. */
function taken({ page }: Person) {
  return page.evaluateHandle(async (first) => {
    const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
    for await (const room of rooms.values() as AsyncIterable<FileSystemDirectoryHandle>) {
      const folder = await room.getDirectoryHandle("files", { create: true });
      const writer = await (await folder.getFileHandle(first, { create: true })).createWritable();
      return { folder, writer };
    }
    throw new Error("no room is kept here");
  }, FIRST);
}
