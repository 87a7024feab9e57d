/** Page and signaling on different origins: people meet as ever, and who serves the page sees nothing of it. */
import { heardSaying, linkOf, meet, openPage, save, say, share, told } from "../../harness/acts";
import { doorTagOf } from "../../harness/link";
import { expect, hashOf, heard, nameOf, test } from "../../harness/test";

/** What browsers say of a socket that is refused. */
const REFUSED = /WebSocket/;

test("a page from one server meets at another, which serves no page and takes no other page's visitors", async ({ people, further, files }) => {
  const page = await further.tap(0);
  const origin = new URL(page.url).origin;
  const signaling = await further.server("--no-page", "--page-origin", origin);
  const tap = await further.tap(signaling.port);
  const pages = await further.server("--signaling-url", tap.url.replace("http:", "ws:"));
  page.redirect(pages.port);

  const host = await people.host();
  const guest = await people.guest();
  const shared = await files.file("from one to the other.bin", 400_000);
  await openPage(host, page.url);
  await share(host, shared);
  await meet(host, guest, "Gustav");
  await say(guest, "met elsewhere");
  await heardSaying(host, "met elsewhere");
  expect(await hashOf((await save(guest, nameOf(shared), 400_000)).path)).toBe(await hashOf(shared));

  const link = await linkOf(host);
  expect(new URL(link).origin, "the link leads to the page").toBe(origin);
  expect(heard(tap.byServer, doorTagOf(link)), "control: one of them brought them together").toContain("raw");
  expect(page.byServer.messages, "the other heard no message").toEqual([]);
  expect(heard(page.byServer, doorTagOf(link)), "nor the tag").toEqual([]);

  const answer = await fetch(`http://127.0.0.1:${signaling.port}/`);
  expect([answer.status, answer.headers.get("content-security-policy")]).toEqual([
    404,
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ]);
  expect((await fetch(`http://127.0.0.1:${pages.port}/signal`)).status, "and no signaling beside the page").toBe(404);

  // The same page under another address than the one that signaling was told of.
  const stranger = await people.guest();
  stranger.problems.allow(REFUSED);
  await openPage(stranger, `http://127.0.0.1:${pages.port}/`);
  await told(stranger.page, /The meeting server can’t be reached/);
});
