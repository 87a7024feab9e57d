/** Who leaves the room as soon as the browser has a large file still gets all of it: it is being copied for a while. */
import { meet, menuOf, openPage, press, rowOf, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Kind } from "../../harness/test";

const SIZE = 200 << 20;

for (const kind of ["chromium", "firefox"] satisfies Kind[]) {
  test(`the room is left while ${kind} still copies a large file: it arrives whole`, async ({ people, site, files }) => {
    const host = await people.host();
    const guest = await people.arrive(kind);
    const film = await files.file("film.bin", SIZE);
    await openPage(host, site.url);
    await share(host, film);
    await meet(host, guest, "Gustav");
    await press(guest, nameOf(film), "Save");
    const menu = await menuOf(guest.page);
    await expect(rowOf(guest.page, nameOf(film))).toContainText("handed to the browser", { timeout: 180_000 });
    await menu.getByRole("button", { name: "Leave room" }).click();
    await told(guest.page, "What was handed to the browser is in its downloads, finished or under way.");
    const saved = await guest.download(SIZE);
    expect(await hashOf(saved.path)).toBe(await hashOf(film));
  });
}
