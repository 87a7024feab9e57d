/** A virus scanner or a sync touches a file that is being shared: its bytes are the same, its date is another one. */
import { utimes, writeFile } from "node:fs/promises";
import { buttonOf, meet, openPage, press, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const SIZE = 3 << 20;

test("a file that was touched goes on once it is chosen again; one that was changed does not", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  const name = nameOf(film);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  const hash = await hashOf(film);
  // All of it is read and signed.
  expect(await hashOf((await save(guest, name, SIZE)).path)).toBe(hash);

  await utimes(film, 1_000_000, 1_000_000);
  await anew(guest, name);
  await expect(rowOf(host.page, name)).toContainText("Choose the same file again: if its content is the same, it goes on.");
  await expect(rowOf(guest.page, name)).toContainText("it goes on when they choose the file again");
  await choose(host, name, film);
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(hash);

  await writeFile(film, Buffer.alloc(SIZE, 7));
  await anew(guest, name);
  await expect(buttonOf(host.page, name, "Choose the same file again")).toBeVisible();
  await choose(host, name, film);
  await expect(rowOf(host.page, name)).toContainText("This is no longer what you shared.");
  await expect(rowOf(guest.page, name)).toContainText("The file changed at Hanna’s side.");
});

test("in Firefox, which does not mind a date, a file that was touched arrives whole", async ({ people, site, files }) => {
  const host = await people.arrive("firefox");
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  await utimes(film, 1_000_000, 1_000_000);
  expect(await hashOf((await save(guest, nameOf(film), SIZE)).path)).toBe(await hashOf(film));
});

/** Asks for it once more, from the beginning: a reloaded page has nothing of it. */
async function anew(guest: Person, name: string): Promise<void> {
  await guest.page.reload();
  await press(guest, name, "Save");
}

async function choose(host: Person, name: string, path: string): Promise<void> {
  await rowOf(host.page, name).locator("input[type=file]").setInputFiles(path);
}
