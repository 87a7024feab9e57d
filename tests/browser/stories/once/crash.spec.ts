/** A browser that dies without a word: it is said, and who comes back is the same member. */
import { connected, heardSaying, linkOf, meet, openPage, say, share, told } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("the host's browser is killed and started again", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("unsent.bin", 100_000));
  await meet(host, guest, "Gustav");
  await say(host, "written before the crash");
  await heardSaying(guest, "written before the crash");
  const link = await linkOf(host);

  await host.crash();
  await told(guest.page, /Nothing has been heard from Hanna|Hanna has closed the page/);
  await expect(guest.page.getByRole("status")).toHaveText("not connected");
  await say(guest, "written meanwhile");

  await host.comeBack();
  await host.page.goto(link);
  await connected(host, guest);
  await heardSaying(host, "written before the crash");
  await heardSaying(host, "written meanwhile");
  await expect(host.page.getByRole("dialog", { name: /wants to come in/ })).toHaveCount(0);
  await say(host, "back again");
  await heardSaying(guest, "back again");
});
