/** A private window keeps nothing: the page says so at once, chat and sharing work, and saving is refused in a sentence. */
import { heardSaying, meet, openPage, press, rowOf, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("without storage one can share and chat, and is told what cannot be done", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.arrive("firefox", { privately: true });
  const ofHost = await files.file("for the guest.bin", 400_000);
  const ofGuest = await files.file("from a private window.bin", 500_000);
  await openPage(host, site.url);
  await share(host, ofHost);
  await meet(host, guest, "Gustav");
  await told(guest.page, "This window keeps no files (a private window?).");

  await say(guest, "can you read me?");
  await heardSaying(host, "can you read me?");
  await say(host, "yes");
  await heardSaying(guest, "yes");
  await share(guest, ofGuest);
  expect(await hashOf((await save(host, nameOf(ofGuest), 500_000)).path)).toBe(await hashOf(ofGuest));

  await press(guest, nameOf(ofHost), "Save");
  await expect(rowOf(guest.page, nameOf(ofHost))).toContainText("open the link in an ordinary window to receive.");
});
