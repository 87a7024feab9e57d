/** Somebody opens a link that came by mail, by a messenger, out of a spreadsheet: whatever those did to it, it leads to the room. */
import { cardOf, connected, letIn, linkOf, openPage, told } from "../../harness/acts";
import { expect, test } from "../../harness/test";

const SENTENCE = "Perhaps it was cut when it was copied, or its large letters became small ones.";

/** What programs make of an address, each reported of one that people use. */
const CHANGES: Record<string, (link: string) => string> = {
  "a mail program wraps the line": (link) => inside(link, "%0A"),
  "a mail program shows the end of a line": (link) => inside(link, "="),
  "a spreadsheet puts a blank in": (link) => inside(link, "%20"),
  "an editor marks where a word may break": (link) => inside(link, "\u00ad"),
  "a messenger marks where a line may break": (link) => inside(link, "\u200b"),
  "a gateway escapes what needs no escape": (link) => fragment(link, (text) => text.replace(/[-_]/g, (c) => (c === "-" ? "%2D" : "%5F"))),
  "two gateways do, one behind the other": (link) => fragment(link, (text) => text.replace(/[-_]/g, (c) => (c === "-" ? "%252D" : "%255F"))),
  "an editor makes dashes of hyphens": (link) => fragment(link, (text) => text.replaceAll("-", "\u2011")),
  "a sentence ends behind it": (link) => `${link}).`,
  "it stands between angle brackets": (link) => `${link}%3E`,
  "HTML is read as text": (link) => `${link}&nbsp;`,
  "a tracker is appended": (link) => `${link}&fbclid=IwAR0xyz`,
  "a tracker is appended as a query": (link) => `${link}?utm_source=mail&utm_medium=x`,
  "a search marks words on the page": (link) => `${link}:~:text=some%20words`,
  "a tracker is put where queries belong": (link) => link.replace("/#", "/?fbclid=IwAR0xyz&utm_source=a#"),
  "the page's file is named": (link) => link.replace("/#", "/index.html#"),
};

test("a link that programs on its way have changed opens the room", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  const link = await linkOf(host);
  for (const [what, change] of Object.entries(CHANGES)) {
    await test.step(what, async () => {
      // From elsewhere: only another part of the address would not load the page again by itself.
      await guest.page.goto("about:blank");
      await guest.page.goto(change(link));
      await expect(guest.page.getByRole("textbox", { name: "Your name" }), what).toBeVisible();
    });
  }
  const [last = (text: string) => text] = Object.values(CHANGES).slice(-2);
  await guest.page.goto("about:blank");
  await guest.page.goto(last(link));
  await guest.page.getByRole("textbox", { name: "Your name" }).fill("Gustav");
  await guest.page.getByRole("button", { name: "Ask to come in" }).click();
  await expect(cardOf(host, "Gustav")).toBeVisible();
  await letIn(host, "Gustav");
  await connected(host, guest);
  expect(await linkOf(guest), "what the guest passes on is the link, without a tracker").toBe(link);
});

test("a link that cannot be made good says why, and which one to ask for", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  const link = await linkOf(host);
  for (const [what, bad] of [
    ["cut", link.slice(0, -1)],
    ["cut, with a tracker behind it", `${link.slice(0, -9)}&fbclid=IwAR0xyz`],
    ["all small", fragment(link, (text) => text.toLowerCase())],
    ["all large", fragment(link, (text) => text.toUpperCase())],
  ] as const) {
    await guest.page.goto("about:blank");
    await guest.page.goto(bad);
    await told(guest.page, "This link is not complete");
    await expect(guest.page.getByText(SENTENCE), what).toBeVisible();
  }
});

function fragment(link: string, change: (text: string) => string): string {
  const [page = "", text = ""] = link.split("#");
  return `${page}#${change(text)}`;
}

function inside(link: string, put: string): string {
  return fragment(link, (text) => `${text.slice(0, 22)}${put}${text.slice(22)}`);
}
