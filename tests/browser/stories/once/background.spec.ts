/** A tab in the background tells by its title what happened in it. */
import type { Page } from "@playwright/test";
import { connected, knock, letIn, linkOf, openPage, press, say, share } from "../../harness/acts";
import { expect, nameOf, test } from "../../harness/test";

/** As if another tab had been chosen: a browser without a screen hides none by itself. */
async function look(page: Page, away: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, away);
}

test("messages and a file that was complete while one looked elsewhere", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", 1 << 20);
  await openPage(host, site.url);
  await share(host, film);
  await knock(guest, await linkOf(host), "Gustav");
  await letIn(host, "Gustav");
  await connected(host, guest);

  await look(host.page, true);
  await say(guest, "Are you there?");
  await say(guest, "It is urgent");
  await expect(host.page).toHaveTitle("(2) Gustav: It is urgent");
  await look(host.page, false);
  await expect(host.page).toHaveTitle("Linkspan");

  await look(guest.page, true);
  await press(guest, nameOf(film), "Save");
  await guest.download(1 << 20);
  await expect(guest.page).toHaveTitle(`✓ ${nameOf(film)}`);
});
