/**
 * "I wanted to try it alone, in two windows." One browser is one person in a room, so the second window offers to be
 * somebody else: for that tab, over its reload, and no longer.
 */
import type { Page } from "@playwright/test";
import { cardOf, connected, heardSaying, letIn, linkOf, openPage, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

const SIZE = 300_000;

for (const kind of ["chromium", "firefox"] as const) {
  test(`with two windows of one ${kind} somebody sends a file to themselves`, async ({ people, site, files }) => {
    const host = await people.arrive(kind);
    const file = await files.file("to myself.bin", SIZE);
    await openPage(host, site.url);
    await share(host, file);
    const link = await linkOf(host);

    const other = host.beside(await host.newTab());
    await comeInAsSomebodyElse(other.page, link);
    await ask(other.page, "Gustav");
    await letIn(host, "Gustav");
    await connected(host, other);
    expect(await hashOf((await save(other, nameOf(file), SIZE)).path)).toBe(await hashOf(file));
    await say(other, "it works");
    await heardSaying(host, "it works");

    await other.page.reload();
    await connected(host, other);
    await heardSaying(other, "it works");
    await say(other, "as before the reload");
    await heardSaying(host, "as before the reload");
    await expect(host.page.getByRole("dialog", { name: /wants to come in/ })).toHaveCount(0);
  });

  test(`in ${kind} each such tab is another person, also a copy of one, and gone when it is closed`, async ({ people, site }) => {
    const host = await people.arrive(kind);
    await openPage(host, site.url);
    await host.page.getByRole("button", { name: "Chat without a file" }).click();
    const link = await linkOf(host);
    const first = host.beside(await host.newTab());
    await comeInAsSomebodyElse(first.page, link);
    await ask(first.page, "Gustav");
    await letIn(host, "Gustav");
    await connected(first);

    // A tab that is duplicated takes along what its tab remembers.
    const [copy] = await Promise.all([host.context.waitForEvent("page"), first.page.evaluate((to) => void open(to), link)]);
    await comeInAsSomebodyElse(copy, link);
    await ask(copy, "Lotte");
    await letIn(host, "Lotte");
    const second = host.beside(copy);
    await connected(second);
    await first.page.reload();
    await second.page.reload();
    await connected(first, second);
    await say(first, "Gustav is here");
    await heardSaying(second, "Gustav is here");

    await first.page.close();
    const later = await host.newTab();
    await comeInAsSomebodyElse(later, link);
    await ask(later, "Nora");
    await expect(cardOf(host, "Nora")).toBeVisible();
  });
}

test("a tab that was somebody else is again the browser's own person in another room, and what nobody can open is removed", async ({
  people,
  site,
}) => {
  const host = await people.arrive("chromium");
  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  const other = await host.newTab();
  await comeInAsSomebodyElse(other, await linkOf(host));
  await other.goto("about:blank");
  const abandoned = `${"cd".repeat(16)}.${"ab".repeat(16)}`;
  await host.page.evaluate(async (name) => {
    const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
    await rooms.getDirectoryHandle(name, { create: true });
  }, abandoned);

  await other.goto(site.url);
  await expect.poll(() => other.evaluate(() => location.hash)).not.toBe("");
  const kept = async () => {
    const names = await other.evaluate(async () => {
      const names: string[] = [];
      const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
      for await (const name of rooms.keys() as AsyncIterable<string>) names.push(name);
      return names;
    });
    return { ofTheBrowser: names.filter((name) => !name.includes(".")).length, abandoned: names.includes(abandoned) };
  };
  await expect.poll(kept).toEqual({ ofTheBrowser: 2, abandoned: false });
});

/** Opens a link whose room this browser has open, and is not whom it was. */
async function comeInAsSomebodyElse(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await told(page, "This room is open in another tab");
  await page.getByRole("button", { name: "Come in as somebody else" }).click();
  await told(page, "Here you are somebody else");
}

/** Asks to come in, under a name that nobody has put there. */
async function ask(page: Page, name: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Your name" });
  await expect(field).toHaveValue("");
  await field.fill(name);
  await page.getByRole("button", { name: "Ask to come in" }).click();
}
