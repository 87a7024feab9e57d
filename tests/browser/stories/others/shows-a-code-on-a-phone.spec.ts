/** The code is on a phone's screen, somebody scans it and knocks: the card stands over all else, and can be answered. */
import { cardOf, connected, knock, letIn, linkOf, menuOf, openPage, share, told } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("who knocks is seen over the code and over the menu", async ({ people, site, files }) => {
  const host = await people.host({ viewport: { width: 390, height: 844 } });
  const [guest, late] = [await people.guest(), await people.guest()];
  await openPage(host, site.url);
  await share(host, await files.file("film.bin", 10));
  await host.page.getByRole("button", { name: "Show QR code" }).click();
  await expect(host.page.getByRole("img", { name: /QR/ })).toBeVisible();
  await knock(guest, await linkOf(host), "Gustav");
  await expect(cardOf(host, "Gustav")).toContainText("sees all files");
  await letIn(host, "Gustav");
  await connected(host, guest);

  const menu = await menuOf(host.page);
  await knock(late, await linkOf(host), "Lena");
  await expect(cardOf(host, "Lena")).toBeVisible();
  await expect(menu).toBeHidden();
  await letIn(host, "Lena");
});

test("a code that cannot be loaded says what to do instead, and comes after a reload", async ({ people, site, files }) => {
  const host = await people.host({ viewport: { width: 390, height: 844 } });
  host.problems.allow(/ERR_FAILED|dynamically imported/);
  await host.page.route("**/qr-*.js", (route) => route.abort());
  await openPage(host, site.url);
  await share(host, await files.file("film.bin", 10));
  await host.page.getByRole("button", { name: "Show QR code" }).click();
  await told(host.page, "The code could not be loaded. Copy the link instead");
  await host.page.unroute("**/qr-*.js");
  await host.page.reload();
  await host.page.getByRole("button", { name: "Show QR code" }).click();
  await expect(host.page.getByRole("img", { name: /QR/ })).toBeVisible();
});
