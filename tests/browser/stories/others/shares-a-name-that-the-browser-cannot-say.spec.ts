/**
 * Chromium started without UTF-8 (LC_ALL=C, as some packagings do) cannot say `testã.txt`: it hands over nothing in its
 * place. That used to pass in silence. Nothing empty is ever shared for it, and the reason is said.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openPage, rowOf, share, told } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("a file whose name is lost is never shared as an empty one, and the reason is said", async ({ people, site, files }) => {
  const host = await people.arrive("chromium", { environment: { LC_ALL: "C" } });
  await mkdir(join(files.path, "Chalés"));
  const [named, inside] = [join(files.path, "testã.txt"), join(files.path, "Chalés", "plain.txt")];
  await writeFile(named, "twelve bytes");
  await writeFile(inside, "twelve bytes");
  const plain = await files.file("plain.bin", 12);
  await openPage(host, site.url);

  for (const path of [named, inside]) {
    // From a picker's answer without files the page hears nothing at all; nothing is shared either.
    await share(host, path);
    const session = await host.context.newCDPSession(host.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    }
    await told(host.page, /The browser handed over no file\. Names with letters such as ã are lost/);
    await host.page.getByRole("button", { name: "Dismiss" }).click();
  }
  await share(host, plain);
  await expect(rowOf(host.page, "plain")).toContainText("12 B");
  await expect(host.page.getByRole("list", { name: "Files" }).getByRole("listitem")).toHaveCount(1);
});
