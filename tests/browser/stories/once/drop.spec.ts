/** Dropping and pasting anywhere on the page. Chromium takes drops as from the desktop. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { heardSaying, meet, openPage, rowOf, save, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

test("files dropped on the empty page are shared; a folder is refused in a sentence", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const [one, two] = [await files.file("one.bin", 300_000), await files.file("two.bin", 100)];
  const folder = join(files.path, "holiday photos");
  await mkdir(folder);
  await openPage(host, site.url);

  await (await overPage(host, [folder])).drop();
  await told(host.page, "“holiday photos” is a folder, and folders can’t be sent yet.");
  const drag = await overPage(host, [one, two]);
  await expect(host.page.getByRole("heading", { name: "Drop 2 files here" })).toBeVisible();
  await drag.drop();
  await expect(rowOf(host.page, nameOf(one))).toContainText("300 kB");
  await expect(rowOf(host.page, nameOf(two))).toContainText("100 B");
  await expect(rowOf(host.page, "holiday")).toHaveCount(0);

  await meet(host, guest, "Gustav");
  expect(await hashOf((await save(guest, nameOf(one), 300_000)).path)).toBe(await hashOf(one));
  const more = await files.file("from the guest.bin", 5_000);
  await (await overPage(guest, [more])).drop();
  expect(await hashOf((await save(host, nameOf(more), 5_000)).path)).toBe(await hashOf(more));
});

test("pasted text becomes a message, too much of it a file; what looks like code stays text", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("shared.bin", 10));
  await meet(host, guest, "Gustav");

  const message = host.page.getByRole("textbox", { name: "Message" });
  await host.page.getByRole("button", { name: "Share…" }).focus();
  await paste(host, "pasted beside the field");
  await expect(message).toHaveValue("pasted beside the field");
  await message.press("Shift+Enter");
  await message.pressSequentially("second line");
  await message.press("Enter");
  await heardSaying(guest, "pasted beside the field\nsecond line");

  await message.fill("ß".repeat(5_000));
  await told(host.page, /is too long for a message/);
  await expect(host.page.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  await host.page.getByRole("button", { name: "Share it as text.txt" }).click();
  const saved = await save(guest, "text", 10_000);
  expect(saved.name).toBe("text.txt");

  const lying = `<img src=x onerror="alert(1)"> javascript:alert(2) https://example.test/a\u202egnp.exe`;
  await message.fill(lying);
  await message.press("Enter");
  const shown = guest.page.getByRole("log", { name: "Chat" }).locator(".said-text").last();
  await expect(shown).toContainText(`<img src=x onerror="alert(1)"> javascript:alert(2)`);
  await expect(shown, "what would turn the text round is shown").toContainText("⟨202E⟩");
  await expect(shown.locator("img")).toHaveCount(0);
  await expect(shown.getByRole("link")).toHaveCount(1);
});

/** Files held over the middle of the page. */
async function overPage(person: Person, paths: readonly string[]): Promise<{ drop(): Promise<void> }> {
  const session = await person.context.newCDPSession(person.page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const send = (type: "dragEnter" | "dragOver" | "drop") =>
    session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
  await send("dragEnter");
  await send("dragOver");
  return {
    async drop() {
      await send("drop");
      await session.detach();
    },
  };
}

/** Pastes text from the clipboard with the keyboard, wherever the focus is. */
async function paste(person: Person, text: string): Promise<void> {
  const field = person.page.getByRole("textbox", { name: "Message" });
  const focused = await person.page.evaluateHandle(() => document.activeElement);
  await field.fill(text);
  await field.press("ControlOrMeta+A");
  await field.press("ControlOrMeta+X");
  await focused.asElement()?.focus();
  await person.page.keyboard.press("ControlOrMeta+V");
}
