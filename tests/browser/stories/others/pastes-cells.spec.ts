/** Somebody pastes what another program copied in several forms at once: what they meant arrives. */
import { meet, openPage, rowOf } from "../../harness/acts";
import { copied } from "../../harness/clipboard";
import { expect, test } from "../../harness/test";

const CELLS = "<table><tr><td>Test 1</td><td>Test 2</td></tr></table>";

for (const kind of ["chromium", "firefox"] as const) {
  test(`cells of a spreadsheet are text, a picture alone is a picture (${kind})`, async ({ people, site, further }) => {
    const host = await people.arrive(kind);
    const guest = await people.guest();
    await openPage(host, site.url);
    await meet(host, guest, "Gustav");
    const message = host.page.getByRole("textbox", { name: "Message" });
    const files = host.page.getByRole("list", { name: "Files" }).getByRole("listitem");

    await copied(host, further, { text: "Test 1\tTest 2", html: CELLS, picture: true });
    await message.focus();
    await host.page.keyboard.press("ControlOrMeta+V");
    await expect(message).toHaveValue("Test 1\tTest 2");
    await host.page.keyboard.press("ControlOrMeta+Z");
    await expect(message, "the browser's own paste, which can be undone").toHaveValue("");
    await host.page.getByRole("button", { name: "Share…" }).focus();
    await host.page.keyboard.press("ControlOrMeta+V");
    await expect(message, "beside the field, too").toHaveValue("Test 1\tTest 2");
    expect(await files.count()).toBe(0);

    await message.fill("");
    await copied(host, further, { html: "<p>Fish &amp; chips</p>" });
    await message.focus();
    await host.page.keyboard.press("ControlOrMeta+V");
    await expect(message, "what has only a formatted form").toHaveValue("Fish & chips");

    // A driven Firefox hands over no picture.
    if (kind === "firefox") return;
    await message.fill("and this:");
    await copied(host, further, { html: '<img src="https://example.org/a.png">', picture: true });
    await message.focus();
    await host.page.keyboard.press("ControlOrMeta+V");
    await expect(rowOf(guest.page, "image")).toBeVisible();
    await expect(message).toHaveValue("and this:");
  });
}
