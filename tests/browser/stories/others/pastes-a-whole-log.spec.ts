/** Somebody pastes or drops a text far longer than a message: the page goes on, and offers to send it as a file. */
import { meet, openPage, save, say } from "../../harness/acts";
import { copied } from "../../harness/clipboard";
import { expect, test } from "../../harness/test";

/** 20 MB in 100,000 lines. */
const LINE = "2026-11-26 04:07:25 quay[4711]: a line of a log that somebody wants another to look at ".padEnd(199, ".") + "\n";
const LINES = 100_000;

test("a text of 20 MB is offered as a file at once, and never stands in the field", async ({ people, site, further }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await meet(host, guest, "Gustav");
  const log = LINE.repeat(LINES);
  const message = host.page.getByRole("textbox", { name: "Message" });
  const offer = host.page.getByRole("alert").filter({ hasText: "20.0 MB is too long for a message" });

  await copied(host, further, { text: log });
  await message.fill("look at this");
  await host.page.keyboard.press("ControlOrMeta+V");
  await expect(offer).toBeVisible();
  await expect(message).toHaveValue("look at this");
  await offer.getByRole("button", { name: "Dismiss" }).click();
  await expect(offer).toBeHidden();
  await say(host, "look at this");

  await host.page.keyboard.press("ControlOrMeta+V");
  await offer.getByRole("button", { name: "Share it as text.txt" }).click();
  await expect(offer).toBeHidden();
  expect((await save(guest, "text", log.length)).name).toBe("text.txt");

  const session = await host.context.newCDPSession(host.page);
  const { x, y, width, height } = (await message.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const data = { items: [{ mimeType: "text/plain", data: log }], files: [], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
  }
  await expect(offer, "dropped into the field").toBeVisible();
  await expect(message).toHaveValue("");
});
