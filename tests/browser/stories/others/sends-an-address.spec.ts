/** Somebody sends an address of the web: the other opens that one, and knows where it leads. */
import { heardSaying, meet, openPage, say } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("an address in a message is a link from its first letter to its last", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await meet(host, guest, "Gustav");
  await say(guest, "Kok is a surname, https://en.wikipedia.org/wiki/Kok_(surname), and this is https://en.wikipedia.org/wiki/Duff's_device.");
  const said = host.page.getByRole("log", { name: "Chat" }).locator(".said-text").last();
  const leads = () => said.getByRole("link").evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
  await expect.poll(leads).toEqual(["https://en.wikipedia.org/wiki/Kok_(surname)", "https://en.wikipedia.org/wiki/Duff's_device"]);

  await say(guest, "(https://example.org/a)");
  await expect.poll(leads).toEqual(["https://example.org/a"]);
  await say(guest, "see javascript:alert(1) or mailto:a@example.org");
  await heardSaying(host, "see javascript:alert(1) or mailto:a@example.org");
  expect(await leads()).toEqual([]);

  await guest.page.getByRole("textbox", { name: "Message" }).fill("look: https://аррӏе.com/");
  await guest.page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(said, "what reads like another place says where it leads").toHaveText("look: https://аррӏе.com/ (leads to xn--80ak6aa92e.com)");
});
