/** Files of awkward sizes and names arrive whole and under the name they had. */
import { openPage, meet, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

const CHUNK = 1 << 18;
const AWKWARD: [name: string, size: number][] = [
  ["empty.txt", 0],
  ["🎉 party 👍🏽 photos.jpg", CHUNK - 1],
  ["two words, and more.tar.gz", CHUNK],
  ["תמונות מהים.png", CHUNK + 1],
  ["رسالة.docx", 1],
  ["no-extension", 3 * CHUNK],
];

test("empty, tiny, around the size of a chunk, with emoji, spaces and right-to-left names", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const paths = await Promise.all(AWKWARD.map(([name, size]) => files.file(name, size)));
  await openPage(host, site.url);
  await share(host, ...paths);
  await meet(host, guest, "Gustav");

  await expect(guest.page.getByRole("list", { name: "Files" }).getByRole("listitem")).toHaveCount(AWKWARD.length);
  for (const [index, [name, size]] of AWKWARD.entries()) {
    const path = paths[index] ?? "";
    // The row shows stem and extension apart; what lies before the extension is enough to find it.
    const shown = name.replace(/(?:\.tar)?\.\w+$/, "");
    await expect(rowOf(guest.page, shown)).toHaveCount(1);
    const saved = await save(guest, shown, size);
    expect(saved.name.normalize("NFC")).toBe(nameOf(path));
    expect(await hashOf(saved.path), name).toBe(await hashOf(path));
    await expect(rowOf(host.page, shown)).toContainText("They have it all");
  }
});
