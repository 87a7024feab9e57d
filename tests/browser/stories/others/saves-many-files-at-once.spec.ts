/**
 * Thirty files, *Save*, *Save*, *Save*: a browser lets a page begin one download, then it asks, or refuses without a word.
 * It used to say of all that they are in the downloads.
 */
import { buttonOf, meet, openPage, press, rowOf, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

const COUNT = 8;
const SIZE = 4 << 20;

// A driven browser lets all of them through: what can be seen here is what the page says. (Tried by hand: a profile that
// was told to block automatic downloads, and downloads left to the browser itself; whether it heeded the profile is not known.)
test("many files at once: none is said to be there, a prompt is foretold, each can be had again", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const sizes = Array.from({ length: COUNT }, (_, index) => SIZE + index);
  const paths = await Promise.all(sizes.map((size) => files.file(`part ${size}.bin`, size)));
  await openPage(host, site.url);
  await share(host, ...paths);
  await meet(host, guest, "Gustav");
  for (const path of paths) await press(guest, nameOf(path), "Save");
  for (const path of paths) {
    await expect(rowOf(guest.page, nameOf(path))).toContainText("handed to the browser", { timeout: 120_000 });
    await expect(buttonOf(guest.page, nameOf(path), "Save again")).toBeVisible();
  }
  await told(guest.page, "If it asks whether this page may download several, allow it. If one is missing from your downloads then, press Save again.");
  await guest.page.getByRole("button", { name: "Dismiss" }).click();
  await guest.download(SIZE);
  const saved = await guest.download(SIZE, () => press(guest, nameOf(paths[0] ?? ""), "Save again"));
  expect(await hashOf(saved.path)).toBe(await hashOf(paths[0] ?? ""));
});

test("a download that is cancelled in the browser is not said to be there, and Save again brings it whole", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", 3 * SIZE);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  const cancelled = guest.page.waitForEvent("download").then((download) => download.cancel());
  await press(guest, nameOf(film), "Save");
  await cancelled;
  await expect(rowOf(guest.page, nameOf(film))).toContainText("Verified · handed to the browser");
  const saved = await guest.download(3 * SIZE, () => press(guest, nameOf(film), "Save again"));
  expect(await hashOf(saved.path)).toBe(await hashOf(film));
});
