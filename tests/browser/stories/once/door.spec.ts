/** Links that lead nowhere, and what a guest can do at the door. */
import { cardOf, connected, knock, letIn, linkOf, openPage, share, told } from "../../harness/acts";
import { expect, test, type Person } from "../../harness/test";

/** In a minute: one more than the engine lets pass. */
const KNOCKS_BEFORE_QUIET = 7;

test("a cut, a foreign and a newer link are told apart from a room, and lead to a new one", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  const link = await linkOf(host);
  const bytes = Buffer.from(new URL(link).hash.slice(1), "base64url");
  bytes[0] = 0x7f;
  const newer = `${site.url}#${bytes.toString("base64url")}`;

  for (const [bad, says] of [
    [link.slice(0, -5), "Perhaps it was cut when it was copied"],
    [`${site.url}#section-2`, "Perhaps it was cut when it was copied"],
    [`${link}AAAA`, "Perhaps it was cut when it was copied"],
    [newer, "This link was made by a newer Linkspan."],
  ] as const) {
    // From elsewhere: only another part of the address would not load the page again by itself.
    await guest.page.goto("about:blank");
    await guest.page.goto(bad);
    await told(guest.page, "This link is not complete");
    await told(guest.page, says);
    await expect(guest.page.getByRole("textbox", { name: "Your name" })).toHaveCount(0);
  }
  await guest.page.getByRole("button", { name: "Start a new room" }).click();
  await expect(guest.page.getByRole("button", { name: "Choose files" })).toBeVisible();
  await expect.poll(() => linkOf(guest)).toContain("#");
  expect(await linkOf(guest)).not.toBe(newer);
});

test("punctuation that a messenger added to the link does no harm", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await knock(guest, `${await linkOf(host)}.`, "Gustav");
  await expect(cardOf(host, "Gustav")).toBeVisible();
});

test("a link to a room where nobody is says so, and the guest may stop asking", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  const link = await linkOf(host);
  await host.page.goto("about:blank");

  await knock(guest, link, "Gustav");
  await told(guest.page, "Nobody has answered yet. The room is open only while the sender’s tab is.");
  await guest.page.getByRole("button", { name: "Cancel request" }).click();
  await expect(guest.page.getByRole("button", { name: "Ask to come in" })).toBeVisible();
  await expect(guest.page.getByRole("textbox", { name: "Your name" })).toHaveValue("Gustav");
});

test("a link whose secret or room was changed leads to nobody, and the host hears of nobody", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  for (const at of [5, 25]) {
    const bytes = Buffer.from(new URL(await linkOf(host)).hash.slice(1), "base64url");
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await guest.page.goto("about:blank");
    await knock(guest, `${site.url}#${bytes.toString("base64url")}`, "Gustav");
    await told(guest.page, "Nobody has answered yet.");
    await expect(host.page.getByRole("dialog")).toHaveCount(0);
  }
});

test("a guest takes its request back and asks again; two wait at once", async ({ people, site }) => {
  const host = await people.host();
  const [first, second] = [await people.guest(), await people.guest()];
  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  const link = await linkOf(host);

  await knock(first, link, "Anna");
  await expect(cardOf(host, "Anna")).toBeVisible();
  await expect(cardOf(host, "Anna")).not.toContainText("asked before");
  await expect(host.page).toHaveTitle(/\(1\) Anna wants to come in/);
  await first.page.getByRole("button", { name: "Cancel request" }).click();
  await expect(cardOf(host, "Anna"), "the card goes with the request").toBeHidden();

  await ask(first);
  await expect(cardOf(host, "Anna")).toContainText("Somebody asked before and went.");
  await knock(second, link, "Bert");
  await expect(host.page).toHaveTitle(/\(2\) 2 people want to come in/);
  // Each has a row, with digits of its own.
  const digits = (person: Person) => person.page.getByRole("img", { name: /Six digits/ });
  for (const [person, name] of [[first, "Anna"], [second, "Bert"]] as const) {
    await expect(cardOf(host, name).getByRole("img", { name: /Six digits/ })).toHaveText((await digits(person).textContent()) ?? "");
  }
  // A card takes no focus, and Enter in the chat lets nobody in.
  const message = host.page.getByRole("textbox", { name: "Message" });
  await message.fill("hello?");
  await message.press("Enter");
  await expect(cardOf(host, "Anna")).toBeVisible();

  await cardOf(host, "Anna").getByRole("button", { name: "Deny" }).click();
  await letIn(host, "Bert");
  await connected(host, second);
  await told(first.page, "They did not let you in.");
});

test("a door at which somebody knocks and goes, again and again, hears nobody, until the host makes a new link", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("film.bin", 100));
  const link = await linkOf(host);
  await knock(guest, link, "Mallory");
  for (let gone = 1; gone < KNOCKS_BEFORE_QUIET; gone += 1) {
    await takeBack(host, guest, "Mallory");
    await ask(guest);
    await expect(cardOf(host, "Mallory")).toContainText(/asked before and went/);
  }
  await takeBack(host, guest, "Mallory");
  await told(host.page, "so the door hears nobody for ten minutes");
  await expect(host.page.getByRole("button", { name: "Copy link" }), "of a link that leads nowhere").toHaveCount(0);

  await host.page.getByRole("button", { name: "Make a new link" }).click();
  await expect.poll(() => linkOf(host)).not.toBe(link);
  await expect(host.page.getByText("so the door hears nobody")).toHaveCount(0);
  await expect(host.page.getByRole("button", { name: "Copy link" })).toBeVisible();
  const other = await people.guest();
  await knock(other, await linkOf(host), "Gustav");
  await expect(cardOf(host, "Gustav")).not.toContainText("asked before");
  await letIn(host, "Gustav");
  await connected(host, other);
});

async function takeBack(host: Person, guest: Person, name: string): Promise<void> {
  await expect(cardOf(host, name)).toBeVisible();
  await guest.page.getByRole("button", { name: "Cancel request" }).click();
  await expect(cardOf(host, name)).toBeHidden();
}

async function ask(guest: Person): Promise<void> {
  await guest.page.getByRole("button", { name: "Ask to come in" }).click();
}
