/**
 * "The sender's tab was in the background, and nothing happened." A tab that is frozen still hears who knocks, because
 * its engine runs beside the page. Where the whole device sleeps, who knocks hears that somebody is there and does not
 * answer. Both show the card when they are looked at again, and a tab that was put away says what that cost.
 */
import { cardOf, connected, knock, letIn, linkOf, openPage, rowOf, share, told } from "../../harness/acts";
import { expect, nameOf, test, type Kind, type Person } from "../../harness/test";

test("who knocks at a frozen tab is heard, and the card is there when it thaws", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("shared.bin", 1_000));
  const link = await linkOf(host);
  const browser = await host.context.newCDPSession(host.page);
  await browser.send("Page.setWebLifecycleState", { state: "frozen" });
  await knock(guest, link, "Gustav");
  await told(guest.page, "Waiting to be let in");

  await browser.send("Page.setWebLifecycleState", { state: "active" });
  await goesOn(host, guest);
});

for (const kind of ["chromium", "firefox"] satisfies Kind[]) {
  test(`who knocks where a ${kind} is asleep hears that it does not answer, and the card is there when it wakes`, async ({
    people,
    site,
    files,
  }) => {
    const host = await people.arrive(kind);
    const guest = await people.guest();
    await openPage(host, site.url);
    await share(host, await files.file("shared.bin", 1_000));
    const link = await linkOf(host);
    host.fallAsleep();
    await knock(guest, link, "Gustav");
    await told(guest.page, "Somebody’s page is there but does not answer.");
    await expect(guest.page.getByText("Nobody has answered yet")).toHaveCount(0);

    host.wake();
    await goesOn(host, guest);
  });
}

async function goesOn(host: Person, guest: Person): Promise<void> {
  await expect(cardOf(host, "Gustav")).toBeVisible({ timeout: 90_000 });
  await letIn(host, "Gustav");
  await connected(host, guest);
}

test("a tab that the browser has put away says what that cost, once it is looked at again", async ({ people, site, files }) => {
  const host = await people.host();
  const file = await files.file("shared.bin", 1_000);
  await openPage(host, site.url);
  await share(host, file);
  await expect(rowOf(host.page, nameOf(file))).toBeVisible();
  // What Chromium says of such a tab when it loads it again.
  await host.page.addInitScript(() => {
    Object.defineProperty(Document.prototype, "wasDiscarded", { get: () => true });
  });
  await host.page.reload();
  await told(host.page, "The browser had put this tab away to save memory");
  await expect(rowOf(host.page, nameOf(file)).getByText("Choose the same file again")).toBeVisible();
});
