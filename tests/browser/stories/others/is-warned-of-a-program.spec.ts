/** Somebody is sent a program that is named like an invoice: that is said beside *Save*, before anything is saved. */
import { buttonOf, meet, openPage, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("what a file does when it is opened is said before it is saved, to whom it is sent", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const sent = await files.file("invoice.pdf.exe", 3_000);
  await openPage(host, site.url);
  await share(host, sent, await files.file("survey.pdf", 2_000));
  await meet(host, guest, "Gustav");

  const warning = "It is named like a “.pdf” but is a “.exe”. Don’t open it before you have asked who sent it.";
  await expect(rowOf(guest.page, "invoice")).toContainText(warning);
  await expect(buttonOf(guest.page, "invoice", "Save"), "also for who cannot see the row").toHaveAccessibleDescription(/Don’t open it/);
  await expect(rowOf(guest.page, "survey")).not.toContainText("Don’t");
  await expect(rowOf(host.page, "invoice"), "who sends it knows").not.toContainText("Don’t");

  const saved = await save(guest, nameOf(sent), 3_000);
  expect(await hashOf(saved.path), "it is a warning, no wall").toBe(await hashOf(sent));
  await expect(rowOf(guest.page, "invoice"), "and stands there still").toContainText(warning);
});
