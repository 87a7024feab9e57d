/** Several servers work as one: people meet whichever they are on, and the death of one costs nobody anything. */
import { connected, heardSaying, knock, letIn, linkOf, openPage, press, rowOf, say, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

const SIZE = 24 << 20;
/** What browsers say of a socket that breaks. */
const BROKEN = /WebSocket|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;

test("two people on two servers meet; one server is killed in the middle of a transfer, and others still come in", async ({
  people,
  further,
  files,
}) => {
  const redis = await further.redis();
  const [one, other] = [await further.server(...redis.flags), await further.server(...redis.flags)];
  // As a balancer would: two ways in, and behind them whichever server lives.
  const [here, there] = [await further.tap(one.port), await further.tap(other.port)];
  const at = (link: string, site: { url: string }) => new URL(new URL(link).hash, site.url).href;

  const host = await people.host();
  const guest = await people.guest();
  host.problems.allow(BROKEN);
  const film = await files.file("film.bin", SIZE);
  await openPage(host, here.url);
  await share(host, film);
  await knock(guest, at(await linkOf(host), there), "Gustav");
  await letIn(host, "Gustav");
  await connected(host, guest);
  await press(guest, nameOf(film), "Save");
  await expect(rowOf(guest.page, nameOf(film)).getByRole("progressbar")).toBeVisible();

  here.redirect(other.port);
  await one.kill();
  expect(await hashOf((await guest.download(SIZE)).path)).toBe(await hashOf(film));
  await say(guest, "still connected");
  await heardSaying(host, "still connected");

  const late = await people.guest();
  await knock(late, await linkOf(host), "Lotte");
  await letIn(host, "Lotte");
  await connected(late);
  await heardSaying(late, "still connected");
});
