/** Reloading costs nobody anything: the same member, no new knock, the whole chat, and transfers that go on. */
import { connected, heardSaying, meet, openPage, peopleOf, press, rowOf, say, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const SIZE = 24 << 20;

test("host and guest reload in the middle of a transfer", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", SIZE);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  await say(host, "one");
  await heardSaying(guest, "one");
  await say(guest, "two");
  await heardSaying(host, "two");

  // The guest, half way: what it had is gone with the page, so it starts again, by itself, and says so.
  await press(guest, nameOf(film), "Save");
  await halfWay(guest, nameOf(film));
  await guest.page.reload();
  await expect(rowOf(guest.page, nameOf(film))).toContainText("the reload lost what had arrived, so it starts again");
  await sameAsBefore(host, guest, guest);

  // The host, half way: what has come is kept, the rest waits for the same file.
  await halfWay(guest, nameOf(film));
  // Looked for from before: it may be there for a moment only.
  const waiting = guest.page.getByText("Waiting for Hanna").first().waitFor();
  await host.page.reload();
  await waiting;
  const kept = await progressOf(guest, nameOf(film));
  expect(kept).toBeGreaterThan(0);
  await sameAsBefore(host, guest, host);
  await expect(rowOf(host.page, nameOf(film))).toContainText("Reloading made the browser forget this file.");
  await rowOf(host.page, nameOf(film)).locator("input[type=file]").setInputFiles(film);
  await expect.poll(() => progressOf(guest, nameOf(film)), "it goes on from where it was").toBeGreaterThanOrEqual(kept);
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(await hashOf(film));
  await expect(rowOf(host.page, nameOf(film))).toContainText("They have it all");
});

/** Neither was asked anything, both are there, nothing of the chat is missing on the page that was reloaded. */
async function sameAsBefore(host: Person, guest: Person, reloaded: Person): Promise<void> {
  await connected(host, guest);
  await heardSaying(reloaded, "one");
  await heardSaying(reloaded, "two");
  await expect(host.page.getByRole("dialog", { name: /wants to come in/ })).toHaveCount(0);
  await expect.poll(() => peopleOf(host.page)).toEqual(["Gustav", "Hanna (You)"]);
  await expect.poll(() => peopleOf(guest.page)).toEqual(["Gustav (You)", "Hanna"]);
}

async function progressOf(person: Person, name: string): Promise<number> {
  const bar = rowOf(person.page, name).getByRole("progressbar");
  return (await bar.isVisible()) ? Number(await bar.getAttribute("aria-valuenow")) : 0;
}

/** Waits until some, but not all, of a file has come. */
async function halfWay(person: Person, name: string): Promise<void> {
  await expect.poll(() => progressOf(person, name), { intervals: [20] }).toBeGreaterThan(10);
  expect(await progressOf(person, name), "the file is long enough").toBeLessThan(100);
}
