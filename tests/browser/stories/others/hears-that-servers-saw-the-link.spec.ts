/** Somebody opens a link whose `#` a mail gateway has escaped: its secret went to servers, and the page says so instead of using it. */
import { linkOf, openPage, told } from "../../harness/acts";
import { secretOf } from "../../harness/link";
import { expect, found, test } from "../../harness/test";

test("a link whose # was escaped says that servers have seen it, and is not used", async ({ people, further }) => {
  const server = await further.server("--log", "trace");
  const site = await further.tap(server.port);
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  const link = await linkOf(host);
  const text = new URL(link).hash.slice(1);
  for (const changed of [`%23${text}`, `%2523${text}`, `?fbclid=x%23${text}`, `?x=%2523${text}`, `index.html%23${text}`, `%23${text}.`]) {
    const before = site.byServer.messages.length;
    await guest.page.goto(`${site.url}${changed}`);
    await told(guest.page, "This link was changed on its way");
    await told(guest.page, "Servers between you and the sender have seen its secret, so it is not used.");
    await expect(guest.page.getByRole("textbox", { name: "Your name" })).toHaveCount(0);
    expect(await linkOf(guest), "it is not kept in the address bar").toBe(site.url);
    expect(site.byServer.messages.length, "nobody was asked for").toBe(before);
  }
  await guest.page.getByRole("button", { name: "Start a new room" }).click();
  await expect(guest.page.getByRole("button", { name: "Choose files" })).toBeVisible();
  expect((await fetch(`${site.url}nothing-here`)).status, "what is no link gets no page").toBe(404);

  await server.stop();
  expect(server.log.join("\n"), "control: the server has written a log").toContain("listening");
  const written = [Buffer.from(server.log.join("\n"))];
  expect([found(written, text), found(written, secretOf(link))], "none of it is in the server's log").toEqual([[], []]);
});
