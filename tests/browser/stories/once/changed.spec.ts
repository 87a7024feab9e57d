/** A file that changes or vanishes while it is shared: said on both sides, and what else is shared goes on. */
import { appendFile, rm } from "node:fs/promises";
import { meet, openPage, press, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("changed and vanished files end their shares with a sentence on both sides", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const changed = await files.file("changed.bin", 2_000_000);
  const vanished = await files.file("vanished.bin", 2_000_000);
  const whole = await files.file("whole.bin", 2_000_000);
  await openPage(host, site.url);
  await share(host, changed, vanished, whole);
  await meet(host, guest, "Gustav");

  await appendFile(changed, "one line more");
  await press(guest, nameOf(changed), "Save");
  await expect(rowOf(host.page, nameOf(changed))).toContainText("The file can’t be read as you shared it");
  await expect(rowOf(guest.page, nameOf(changed))).toContainText("Hanna can’t read the file just now.");

  await rm(vanished);
  await press(guest, nameOf(vanished), "Save");
  await expect(rowOf(host.page, nameOf(vanished))).toContainText("The file can’t be read as you shared it");
  await expect(rowOf(guest.page, nameOf(vanished))).toContainText("Hanna can’t read the file just now.");

  expect(await hashOf((await save(guest, nameOf(whole), 2_000_000)).path)).toBe(await hashOf(whole));
});
