/** The server is needed only to meet: who is connected stays so without it, and it forgets nothing because it knows nothing. */
import { connected, heardSaying, knock, letIn, linkOf, meet, openPage, press, rowOf, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

const SIZE = 24 << 20;
/** What browsers say of a socket that breaks or cannot be opened, and of a plain request that the server answers again. */
const UNREACHABLE = /WebSocket|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|426 \(Upgrade/;

test("the server is replaced in the middle of a transfer", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  [host, guest].forEach((person) => person.problems.allow(UNREACHABLE));
  const film = await files.file("film.bin", SIZE);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  await press(guest, nameOf(film), "Save");
  await expect(rowOf(guest.page, nameOf(film)).getByRole("progressbar")).toBeVisible();

  await site.replaceServer();
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(await hashOf(film));
  await say(guest, "still connected");
  await heardSaying(host, "still connected");

  const late = await people.guest();
  await knock(late, await linkOf(host), "Lotte");
  await letIn(host, "Lotte");
  await connected(late);
  await heardSaying(late, "still connected");
  expect(await hashOf((await save(late, nameOf(film), SIZE)).path)).toBe(await hashOf(film));
});

test("while the server is away it is said, everything inside goes on, and a knock waits for its return", async ({
  people,
  site,
}) => {
  const host = await people.host();
  const guest = await people.guest();
  const late = await people.guest();
  for (const person of [host, guest, late]) person.problems.allow(UNREACHABLE);
  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  await meet(host, guest, "Gustav");
  await late.page.goto(await linkOf(host));
  await late.page.getByRole("textbox", { name: "Your name" }).fill("Lotte");

  site.proxy.cut();
  await told(host.page, "The meeting server can’t be reached. Who is here stays connected; nobody new can come in.");
  await connected(host, guest);
  await say(host, "all well here");
  await heardSaying(guest, "all well here");
  await late.page.getByRole("button", { name: "Ask to come in" }).click();
  await told(late.page, "The meeting server can’t be reached. Check your internet connection; it is tried again by itself.");

  site.proxy.restore();
  await letIn(host, "Lotte");
  await connected(late);
  await heardSaying(late, "all well here");
  await expect(host.page.getByText("The meeting server can’t be reached.")).toHaveCount(0);
});
