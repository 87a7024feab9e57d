/** The main job by the keyboard alone: Tab, Enter and typing; nothing is clicked, nothing is focused by the test. */
import { cardOf, connected, heardSaying, linkOf, rowOf } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";
import type { Locator } from "@playwright/test";

test("share, copy the link, ask, let in, save and chat without a mouse", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const file = await files.file("by keyboard.bin", 400_000);
  await host.page.goto(site.url);

  await expect.poll(() => linkOf(host)).toContain("#");
  const chooser = host.page.waitForEvent("filechooser");
  await tabTo(host, host.page.getByRole("button", { name: "Choose files" }));
  await host.page.keyboard.press("Enter");
  await (await chooser).setFiles(file);
  await expect(rowOf(host.page, nameOf(file))).toBeVisible();

  await tabTo(host, host.page.getByRole("button", { name: "Copy link" }));
  await host.page.keyboard.press("Enter");
  const message = host.page.getByRole("textbox", { name: "Message" });
  await tabTo(host, message);
  await host.page.keyboard.press("ControlOrMeta+V");
  await expect(message).toHaveValue(await linkOf(host));
  const link = await message.inputValue();
  await host.page.keyboard.press("ControlOrMeta+A");
  await host.page.keyboard.press("Delete");

  await guest.page.goto(link);
  await tabTo(guest, guest.page.getByRole("textbox", { name: "Your name" }));
  await guest.page.keyboard.type("Gustav");
  await guest.page.keyboard.press("Enter");

  const card = cardOf(host, "Gustav");
  await expect(card).toBeVisible();
  await expect(message, "a card takes no focus").toBeFocused();
  await expect(card.getByRole("button", { name: "Let in" })).toBeEnabled();
  await tabTo(host, card.getByRole("textbox", { name: "Your name" }));
  await host.page.keyboard.type("Hanna");
  await tabTo(host, card.getByRole("button", { name: "Let in" }));
  await host.page.keyboard.press("Enter");
  await connected(host, guest);

  await tabTo(guest, rowOf(guest.page, nameOf(file)).getByRole("button", { name: "Save", exact: true }));
  await guest.page.keyboard.press("Enter");
  expect(await hashOf((await guest.download(400_000)).path)).toBe(await hashOf(file));

  await tabTo(guest, guest.page.getByRole("textbox", { name: "Message" }));
  await guest.page.keyboard.type("Thank you");
  await guest.page.keyboard.press("Enter");
  await heardSaying(host, "Thank you");
  await tabTo(host, message);
  await host.page.keyboard.type("You are welcome");
  await tabTo(host, host.page.getByRole("button", { name: "Send", exact: true }));
  await host.page.keyboard.press("Enter");
  await heardSaying(guest, "You are welcome");
});

/** Presses Tab until `wanted` has the focus; nobody needs more than twice around the page. */
async function tabTo({ page }: Person, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${wanted}`);
}
