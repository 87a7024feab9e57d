/** Permission first: before *Let in* neither side learns anything of the other, and *Deny* leaves it at that. */
import { networkInterfaces } from "node:os";
import { cardOf, connected, heardSaying, knock, letIn, linkOf, openPage, say, share, told } from "../../harness/acts";
import { overhear, overheard } from "../../harness/overhear";
import { expect, found, heard, nameOf, test } from "../../harness/test";

const HOST = "Hannelore-7";

test("who is denied has learned nothing, and may ask again", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await overhear(guest);
  const secret = await files.file("unannounced merger.pdf", 300_000);
  await openPage(host, site.url);
  await share(host, secret);
  await say(host, "Only for those inside");

  await knock(guest, await linkOf(host), "Gustav");
  const card = cardOf(host, "Gustav");
  await card.getByRole("textbox", { name: "Your name" }).fill(HOST);
  await expect(guest.page.getByRole("img", { name: /Six digits/ })).toBeVisible();
  await expect(card.getByRole("button", { name: "Deny" })).toBeEnabled();
  expect(await host.connectionsConstructed(), "connections of the host before it has let anybody in").toBe(0);
  expect(await guest.connectionsConstructed(), "connections of the guest before it was let in").toBe(0);

  await card.getByRole("button", { name: "Deny" }).click();
  await expect(card).toBeHidden();
  await told(guest.page, "They did not let you in.");
  expect(await host.connectionsConstructed()).toBe(0);
  expect(await guest.connectionsConstructed()).toBe(0);

  const shown = [await guest.page.content(), await guest.page.locator("body").innerText(), ...(await overheard(guest))];
  const learned = shown.map((text) => Buffer.from(text));
  const { byBrowsers } = site.proxy;
  expect(found(learned, "Gustav"), "control: its own name is there").toContain("raw");
  expect(byBrowsers.messages.length, "control: the sockets received something").toBeGreaterThan(4);
  for (const wanted of [HOST, nameOf(secret), "Only for those", ...addresses()]) {
    expect([...found(learned, wanted), ...heard(byBrowsers, wanted)], wanted).toEqual([]);
  }
  // These words stand in the page's own code, so that only what came by the sockets counts.
  for (const wanted of ["candidate:", "a=ice-ufrag", "a=fingerprint", ".local"]) {
    expect([...found(learned, wanted), ...found(byBrowsers.messages, wanted)], wanted).toEqual([]);
  }

  await guest.page.getByRole("button", { name: "Try again" }).click();
  await letIn(host, "Gustav", HOST);
  await connected(host, guest);
  await heardSaying(guest, "Only for those inside");
  expect(await guest.connectionsConstructed(), "control: connections are counted").toBeGreaterThan(0);
  expect(found((await overheard(guest)).map((text) => Buffer.from(text)), HOST), "control: now it knows").toContain("raw");
});

/** Of this machine, but for those that stand in the link. */
function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .filter((each) => each?.internal === false)
    .map((each) => each?.address ?? "");
}
