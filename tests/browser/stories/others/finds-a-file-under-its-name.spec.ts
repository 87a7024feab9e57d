/**
 * Browsers do not let a page choose any name for a download: `.gitignore` lies on the disk as `gitignore`, `~$Budget.xlsx`
 * as `_$Budget.xlsx`. What the file will be called stands in its row beforehand, and that it is called.
 */
import { meet, openPage, press, rowOf, share } from "../../harness/acts";
import { expect, test, type Kind } from "../../harness/test";

/** As shared, and as each browser calls it. */
const NAMES: [shared: string, chromium: string, firefox: string][] = [
  [".gitignore", "gitignore", "gitignore"],
  [".env", "env", "env"],
  ["~$Budget.xlsx", "_$Budget.xlsx", "~$Budget.xlsx"],
  ["100%.txt", "100%.txt", "100_.txt"],
  ["shortcut.lnk", "shortcut.lnk", "shortcut.lnk.download"],
  ["nurse 👩🏽\u200d⚕.png", "nurse 👩🏽_⚕.png", "nurse 👩🏽_⚕.png"],
  ["a note. And another.txt", "a note. And another.txt", "a note. And another.txt"],
  [`${"long ".repeat(50)}.txt`, `${"long ".repeat(50).slice(0, 236).trimEnd()}.txt`, `${"long ".repeat(50).slice(0, 236).trimEnd()}.txt`],
];

for (const kind of ["chromium", "firefox"] satisfies Kind[]) {
  test(`each file is called in ${kind}'s downloads as its row says`, async ({ people, site, files }) => {
    const host = await people.host();
    const guest = await people.arrive(kind);
    const paths = await Promise.all(NAMES.map(([name], index) => files.file(name, 100 + index)));
    await openPage(host, site.url);
    await share(host, ...paths);
    await meet(host, guest, "Gustav");
    for (const [index, [name, chromium, firefox]] of NAMES.entries()) {
      const there = kind === "chromium" ? chromium : firefox;
      const row = rowOf(guest.page, `${100 + index} B`);
      // The engine cuts and trims the name itself; what it shows is what counts.
      const shown = (await row.locator(".file-name").textContent()) ?? "";
      if (there === shown) await expect(row).not.toContainText("saved as");
      else await expect(row).toContainText(`saved as “${there}”`);
      const saved = await guest.download(100 + index, () => row.getByRole("button", { name: "Save", exact: true }).press("Enter"));
      expect(saved.name, name).toBe(there);
    }
  });
}
