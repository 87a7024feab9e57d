/** What both sides can do about a file on its way: pause, resume, cancel, stop sharing. */
import { buttonOf, meet, openPage, press, rowOf, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const SIZE = 24 << 20;

test("pause and resume, cancel and save anew", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  const name = nameOf(film);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");

  await press(guest, name, "Save");
  await underWay(guest, name);
  await press(guest, name, "Pause");
  await expect(rowOf(guest.page, name)).toContainText("Paused at");
  const paused = Number(await rowOf(guest.page, name).getByRole("progressbar").getAttribute("aria-valuenow"));
  expect(paused).toBeGreaterThan(0);
  await press(guest, name, "Resume");
  await expect(rowOf(guest.page, name)).not.toContainText("Paused at");

  await rowOf(guest.page, name).getByRole("button", { name: `More about ${name}` }).press("Enter");
  await press(guest, name, "Cancel");
  await expect(rowOf(guest.page, name)).toContainText("Cancelled");
  await expect(rowOf(guest.page, name).getByRole("progressbar")).toHaveCount(0);

  await press(guest, name, "Save");
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(await hashOf(film));
});

test("stop sharing: what is on its way ends, what is finished stays", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  const note = await files.file("note.bin", 1_000);
  await openPage(host, site.url);
  await share(host, film, note);
  await meet(host, guest, "Gustav");
  await press(guest, nameOf(note), "Save");
  await guest.download(1_000);
  await press(guest, nameOf(film), "Save");
  await underWay(guest, nameOf(film));

  await press(host, nameOf(film), "Stop sharing");
  await expect(rowOf(host.page, nameOf(film))).toContainText("You stopped sharing this");
  await expect(rowOf(guest.page, nameOf(film))).toContainText("Hanna no longer shares this");
  await expect(rowOf(guest.page, nameOf(film)).getByRole("button")).toHaveCount(0);

  await press(host, nameOf(note), "Stop sharing");
  await expect(rowOf(host.page, nameOf(note))).toContainText("You stopped sharing this");
  await press(guest, nameOf(note), "Save again");
  expect(await hashOf((await guest.download(1_000)).path)).toBe(await hashOf(note));
  await expect(buttonOf(host.page, nameOf(note), "Stop sharing")).toHaveCount(0);
});

async function underWay(person: Person, name: string): Promise<void> {
  const bar = rowOf(person.page, name).getByRole("progressbar");
  await expect.poll(async () => Number(await bar.getAttribute("aria-valuenow")), { intervals: [20] }).toBeGreaterThan(5);
  expect(Number(await bar.getAttribute("aria-valuenow")), "the file is long enough").toBeLessThan(100);
}
