/** One room, one tab: a second tab of the same browser sends its person to the first, and takes over when that is gone. */
import { connected, heardSaying, linkOf, meet, openPage, say, share, told } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("a second tab says where the room is open, and takes over when that tab is closed", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("shared.bin", 1_000));
  await meet(host, guest, "Gustav");
  await say(guest, "before");
  await heardSaying(host, "before");

  const first = host.page;
  const second = await host.newTab();
  await second.goto(await linkOf(host));
  await told(second, "This room is open in another tab");
  await say(host, "the first tab goes on");
  await heardSaying(guest, "the first tab goes on");

  await first.close();
  host.page = second;
  await connected(host, guest);
  await heardSaying(host, "before");
  await heardSaying(host, "the first tab goes on");
  await say(guest, "after");
  await heardSaying(host, "after");
});

test("a guest's second tab is the same member, too", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  await meet(host, guest, "Gustav");

  const second = await guest.newTab();
  await second.goto(await linkOf(guest));
  await told(second, "This room is open in another tab");
  await expect(host.page.getByRole("dialog", { name: /wants to come in/ })).toHaveCount(0);
});
