/** The host goes: it is said in a sentence, what was finished stays, coming back needs no new knock; the end is the end. */
import { buttonOf, connected, endRoom, heardSaying, linkOf, meet, openPage, press, rowOf, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("the host closes the page, comes back, and ends the room", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const done = await files.file("finished.bin", 500_000);
  const open = await files.file("not fetched.bin", 600_000);
  await openPage(host, site.url);
  await share(host, done, open);
  await meet(host, guest, "Gustav");
  await save(guest, nameOf(done), 500_000);
  await say(guest, "thank you");
  await heardSaying(host, "thank you");
  const link = await linkOf(host);

  await host.page.close();
  await told(guest.page, /Hanna has closed the page\. What is finished stays here; the rest goes on when they are back\./);
  await told(guest.page, /“not fetched\.bin” needs Hanna to come back\./);
  await expect(guest.page.getByRole("status")).toHaveText("not connected");
  await press(guest, nameOf(done), "Save again");
  expect(await hashOf((await guest.download(500_000)).path), "what was finished stays").toBe(await hashOf(done));
  await say(guest, "are you there?");

  host.page = await host.newTab();
  await host.page.goto(link);
  await connected(host, guest);
  await heardSaying(host, "thank you");
  await heardSaying(host, "are you there?");
  await expect(host.page.getByRole("dialog", { name: /wants to come in/ })).toHaveCount(0);

  await endRoom(host);
  await told(host.page, "The room is closed");
  await told(guest.page, /Hanna ended the room\./);
  await expect(buttonOf(guest.page, nameOf(done), "Save again")).toBeVisible();
  await expect(rowOf(guest.page, nameOf(open)).getByRole("button")).toHaveCount(0);
  await expect(guest.page.getByRole("textbox", { name: "Message" })).toHaveCount(0);
});
