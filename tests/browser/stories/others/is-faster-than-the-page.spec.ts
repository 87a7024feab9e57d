/** Somebody does things before the engine is loaded: all of it is kept, and done as soon as it is. */
import { readFile } from "node:fs/promises";
import { linkOf, openPage, rowOf, letIn, connected, told } from "../../harness/acts";
import { expect, hashOf, test, type People, type Person, type Site } from "../../harness/test";

test("files chosen, a chat begun and a text pasted while the page loads are in the room", async ({ people, site, files }) => {
  const host = await people.host();
  const load = await loadingSlowly(host);
  await host.page.goto(site.url);
  const choose = host.page.locator("input[type=file][multiple]").first();
  await choose.setInputFiles(await files.file("one.bin", 300_000));
  await expect(host.page.getByText("“one.bin” is shared as soon as the room is open.")).toBeVisible();
  await choose.setInputFiles(await files.file("two.bin", 100));
  await expect(host.page.getByText("“one.bin” and 1 more are shared as soon as the room is open.")).toBeVisible();
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  await host.page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "here are two");
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  load();
  await expect(rowOf(host.page, "one")).toContainText("300 kB");
  await expect(rowOf(host.page, "two")).toContainText("100 B");
  await expect(host.page.getByRole("textbox", { name: "Message" })).toHaveValue("here are two");
});

test("what a guest drops at the door is shared once it is let in", async ({ people, site, files }) => {
  const { host, guest, load } = await openingSlowly({ people, site });
  await expect(guest.page.getByText("Opening the link…")).toBeVisible();
  const file = await files.file("for you.bin", 200_000);
  await guest.page.evaluate((bytes) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], "for you.bin"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, (await readFile(file)).toString("base64"));
  load();
  await guest.page.getByRole("textbox", { name: "Your name" }).fill("Gustav");
  await expect(guest.page.getByText("“for you.bin” is shared once you are let in.")).toBeVisible();
  await guest.page.getByRole("button", { name: "Ask to come in" }).click();
  await expect(rowOf(host.page, "for you")).toHaveCount(0);
  await letIn(host, "Gustav");
  await connected(host, guest);
  const saved = await host.download(200_000, () => rowOf(host.page, "for you").getByRole("button", { name: "Save", exact: true }).press("Enter"));
  expect(await hashOf(saved.path)).toBe(await hashOf(file));
  await expect(rowOf(guest.page, "for you")).toHaveCount(1);
});

test("a name typed and Ask to come in pressed while the link opens are a knock as soon as it is open", async ({ people, site }) => {
  const { host, guest, load } = await openingSlowly({ people, site });
  await guest.page.getByRole("textbox", { name: "Your name" }).fill("Gustav");
  await guest.page.getByRole("button", { name: "Ask to come in" }).click();
  await told(guest.page, /You ask as .*Gustav.* as soon as the link is open/);
  load();
  await letIn(host, "Gustav");
  await connected(host, guest);
});

test("Ask to come in stays under the finger while the link opens", async ({ people, site }) => {
  const { host, guest, load } = await openingSlowly({ people, site });
  await guest.page.getByRole("textbox", { name: "Your name" }).fill("Gustav");
  await guest.page.getByRole("button", { name: "Ask to come in" }).hover();
  await guest.page.mouse.down();
  load();
  await told(guest.page, "Someone wants to share with you");
  await guest.page.mouse.up();
  await letIn(host, "Gustav");
});

test("what is being typed while the link opens stays, and so does the cursor", async ({ people, site }) => {
  const { host, guest, load } = await openingSlowly({ people, site });
  const field = guest.page.getByRole("textbox", { name: "Your name" });
  await expect(field).toBeFocused();
  await guest.page.keyboard.type("Gus");
  load();
  await told(guest.page, "Someone wants to share with you");
  await guest.page.keyboard.type("tav");
  await expect(field).toHaveValue("Gustav");
  await guest.page.keyboard.press("Enter");
  await letIn(host, "Gustav");
});

test("who is inside already is not asked for a name by a reload; who gives one in another tab is back all the same", async ({ people, site, files }) => {
  const host = await people.host();
  await openPage(host, site.url);
  await host.page.locator("input[type=file][multiple]").first().setInputFiles(await files.file("one.bin", 100));
  await expect(rowOf(host.page, "one")).toBeVisible();
  const link = await linkOf(host);
  const load = await loadingSlowly(host);
  await host.page.reload();
  await told(host.page, "Opening the link…");
  await expect(host.page.getByRole("textbox", { name: "Your name" })).toHaveCount(0);
  load();
  await expect(rowOf(host.page, "one")).toBeVisible();

  await host.page.goto("about:blank");
  const loadAgain = await loadingSlowly(host);
  await host.page.goto(link);
  await host.page.getByRole("textbox", { name: "Your name" }).fill("Hanna");
  await host.page.getByRole("button", { name: "Ask to come in" }).click();
  loadAgain();
  await expect(rowOf(host.page, "one")).toBeVisible();
  await expect(host.page.getByRole("alert")).toHaveCount(0);
});

/** A guest's link is being opened; the engine's code arrives when `load` is called. */
async function openingSlowly({ people, site }: { people: People; site: Site }) {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  const load = await loadingSlowly(guest);
  await guest.page.goto(await linkOf(host));
  return { host, guest, load };
}

/** The engine's code arrives when the result is called. */
async function loadingSlowly({ page }: Person): Promise<() => void> {
  let load = () => undefined as void;
  const loaded = new Promise<void>((resolve) => (load = resolve));
  await page.route("**/*.wasm", async (route) => {
    await loaded;
    await route.continue();
  });
  return load;
}
