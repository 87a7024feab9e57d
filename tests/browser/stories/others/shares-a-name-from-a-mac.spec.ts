/** A Mac writes ä as a and two dots: the same name for people, another one for programs. */
import { buttonOf, meet, openPage, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, test, type Kind } from "../../harness/test";

const DECOMPOSED = "bla\u0308a\u0308.txt";
const COMPOSED = "bl\u00e4\u00e4.txt";

for (const kind of ["chromium", "firefox"] satisfies Kind[]) {
  test(`${kind}: both forms of a name are shown and saved in one, as two files; either brings it back`, async ({ people, site, files }) => {
    const host = await people.arrive(kind);
    const guest = await people.guest();
    const [mac, other] = [await files.file(DECOMPOSED, 3_000), await files.file(COMPOSED, 5_000)];
    await openPage(host, site.url);
    await share(host, mac, other);
    await meet(host, guest, "Gustav");
    await expect(rowOf(guest.page, COMPOSED)).toHaveCount(1);
    await expect(rowOf(guest.page, "bl\u00e4\u00e4 (2).txt")).toHaveCount(1);
    const saved = await save(guest, COMPOSED, 3_000);
    expect(saved.name).toBe(COMPOSED);
    expect(await hashOf(saved.path)).toBe(await hashOf(mac));

    await host.page.reload();
    await expect(buttonOf(host.page, COMPOSED, "Choose the same file again")).toBeVisible();
    await rowOf(host.page, COMPOSED).locator("input[type=file]").setInputFiles(mac);
    await expect(buttonOf(host.page, COMPOSED, "Stop sharing")).toBeVisible();
    const second = "bl\u00e4\u00e4 (2).txt";
    await rowOf(host.page, second).locator("input[type=file]").setInputFiles(other);
    await expect(buttonOf(host.page, second, "Stop sharing")).toBeVisible();
    const again = await save(guest, second, 5_000);
    expect(again.name).toBe(second);
    expect(await hashOf(again.path)).toBe(await hashOf(other));
  });
}
