/** Somebody copies files in the file manager and pastes them: all that the browser hands over arrive, and no fewer are meant in silence. */
import { openPage, rowOf } from "../../harness/acts";
import { expect, test, type Person } from "../../harness/test";

test("where one file of several may have come, the page says so and takes the others (firefox)", async ({ people, site, files }) => {
  const host = await people.arrive("firefox");
  await openPage(host, site.url);
  await paste(host, ["one.txt"]);
  await expect(rowOf(host.page, "one")).toBeVisible();
  const said = host.page.getByRole("alert").filter({ hasText: "1 file came. If you copied more, choose them here." });
  await expect(said).toBeVisible();
  await said.locator("input[type=file]").setInputFiles([await files.file("two.txt", 10), await files.file("three.txt", 10)]);
  await expect(rowOf(host.page, "two")).toBeVisible();
  await expect(rowOf(host.page, "three")).toBeVisible();
  await expect(said).toBeHidden();

  await paste(host, ["image.png"]);
  await expect(rowOf(host.page, "image"), "a picture was one").toBeVisible();
  await expect(said).toBeHidden();
});

test("where all that were copied come, nothing is asked (chromium)", async ({ people, site }) => {
  const host = await people.arrive("chromium");
  await openPage(host, site.url);
  await paste(host, ["one.txt"]);
  await paste(host, ["two.txt", "three.txt", "four.txt"]);
  for (const name of ["one", "two", "three", "four"]) await expect(rowOf(host.page, name)).toBeVisible();
  await expect(host.page.getByRole("alert").filter({ hasText: "1 file came" })).toBeHidden();
});

/** What a file manager leaves on the clipboard: no browser lets a page or its driver put files there. */
async function paste(person: Person, names: readonly string[]): Promise<void> {
  await person.page.evaluate((names) => {
    const clipboardData = new DataTransfer();
    for (const name of names) clipboardData.items.add(new File([name], name));
    const target = document.activeElement ?? document.body;
    const event = new Event("paste", { bubbles: true, cancelable: true });
    // Firefox empties what a script puts into a ClipboardEvent.
    target.dispatchEvent(Object.defineProperty(event, "clipboardData", { value: clipboardData }));
  }, names);
}
