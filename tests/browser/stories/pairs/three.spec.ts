/** Three people in one room: who comes last gets all that was said and shared, from whoever shared it. */
import { connected, heardSaying, knock, letIn, linkOf, meet, openPage, peopleOf, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

test("a latecomer gets the whole chat and everybody's files", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const ofHost = await files.file("from the host.bin", 700_000);
  const ofGuest = await files.file("from the guest.bin", 900_000);
  await openPage(host, site.url);
  await share(host, ofHost);
  await meet(host, guest, "Gustav");
  await share(guest, ofGuest);
  await say(host, "first");
  await heardSaying(guest, "first");
  await say(guest, "second");
  await heardSaying(host, "second");

  const late = await people.guest();
  // By the link that the other guest has: anybody inside may pass it on, the host decides.
  await knock(late, await linkOf(guest), "Lotte");
  await expect(guest.page.getByRole("dialog", { name: /wants to come in/ }), "only the host is asked").toHaveCount(0);
  await letIn(host, "Lotte");
  await connected(late);

  await heardSaying(late, "first");
  await heardSaying(late, "second");
  const texts = late.page.getByRole("log", { name: "Chat" }).locator(".said-text");
  expect(await texts.allTextContents(), "in their order").toEqual(["first", "second"]);
  expect(await hashOf((await save(late, nameOf(ofGuest), 900_000)).path)).toBe(await hashOf(ofGuest));
  expect(await hashOf((await save(late, nameOf(ofHost), 700_000)).path)).toBe(await hashOf(ofHost));

  await say(late, "third");
  await Promise.all([heardSaying(host, "third"), heardSaying(guest, "third")]);
  for (const { page } of [host, guest, late]) {
    await expect.poll(() => peopleOf(page).then((names) => names.map((name) => name.replace(" (You)", "")))).toEqual([
      "Gustav",
      "Hanna",
      "Lotte",
    ]);
  }

  // The host may go: the others are connected with each other, not through it.
  await host.page.close();
  await told(guest.page, "Hanna has closed the page.");
  await say(guest, "still here?");
  await heardSaying(late, "still here?");
});
