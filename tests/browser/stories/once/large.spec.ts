/** A file that no tab should hold in memory. */
import { meet, openPage, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("256 MiB arrive whole", async ({ people, site, files }) => {
  test.setTimeout(600_000);
  const host = await people.host();
  const guest = await people.guest();
  const size = 256 << 20;
  const film = await files.file("long film.mkv", size);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  expect(await hashOf((await save(guest, nameOf(film), size, 500_000)).path)).toBe(await hashOf(film));
});
