/** The part of a link behind `#` is a secret between people: nothing that a browser or the server writes or sends has it. */
import { heardSaying, linkOf, meet, openPage, say, told } from "../../harness/acts";
import { doorTagOf, secretOf } from "../../harness/link";
import { expect, found, heard, test, type Person } from "../../harness/test";

/** What a browser tells a page about a violation of its policy, and would tell a collector of reports. */
interface Report {
  documentURI: string;
  referrer: string;
  sourceFile: string;
  blockedURI: string;
}

declare global {
  interface Window {
    __reports: Report[];
  }
}

test("the link's secret is in no request, no referrer, no error, no report and no log", async ({ people, further }) => {
  const server = await further.server("--log", "trace");
  const site = await further.tap(server.port);
  const other = await further.pages({ "/": `<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">` });
  const tapped = await further.tap(Number(new URL(other.url).port));
  const host = await people.host();
  const guest = await people.guest();
  const said = [host, guest].map(listen);
  for (const person of [host, guest]) {
    person.problems.allow(/./);
    await person.context.addInitScript(keepReports);
  }

  await openPage(host, site.url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  await meet(host, guest, "Gustav");
  const link = await linkOf(host);
  const { pathname, search } = new URL(link);
  expect([pathname, search], "the secret is nowhere else in the address").toEqual(["/", ""]);

  // To another site, by a link that somebody has sent and by the address bar, and back.
  await say(host, tapped.url);
  await heardSaying(guest, tapped.url);
  const opened = guest.context.waitForEvent("page");
  await guest.page.getByRole("link", { name: tapped.url }).click();
  const elsewhere = await opened;
  await expect(elsewhere).toHaveTitle("elsewhere");
  expect(await elsewhere.evaluate(() => [document.referrer, window.opener])).toEqual(["", null]);

  // What goes wrong on the page: a violated policy, an error that nobody catches, a server that is gone.
  await guest.page.evaluate((url) => {
    document.body.append(Object.assign(new Image(), { src: `${url}forbidden.png` }));
    setTimeout(() => {
      throw new Error("not caught");
    });
  }, tapped.url);
  await expect.poll(() => guest.page.evaluate(() => window.__reports.length)).toBe(1);
  const reports = await guest.page.evaluate(() => window.__reports);
  site.cut();
  await told(guest.page, /The meeting server can’t be reached/);
  expect(said.flat().join(), "control: the error was heard").toContain("not caught");
  site.restore();

  // What the browser remembers of what the page has asked for.
  const asked = await guest.page.evaluate(() => [
    ...performance.getEntriesByType("resource").map(({ name }) => name),
    JSON.stringify(history.state),
  ]);
  expect(asked.join(), "control: the page's files are among it").toContain("/assets/");

  await host.page.goto(tapped.url);
  expect(await host.page.evaluate(() => document.referrer)).toBe("");
  await host.page.goBack();
  await expect(host.page.getByRole("log", { name: "Chat" })).toBeVisible();
  expect(await linkOf(host), "the way back is the same link").toBe(link);

  // An engine that cannot be loaded: the page's own words about its errors.
  const broken = await people.guest();
  broken.problems.allow(/./);
  said.push(listen(broken));
  await broken.context.route("**/*.wasm", (route) => route.abort());
  await broken.page.goto(link);
  await expect.poll(() => said[2]?.length).not.toBe(0);

  expect(heard(site.byServer, doorTagOf(link)), "control: the tag is what the server does see").toContain("raw");
  await server.stop();
  expect(server.log.join("\n"), "control: the server has written a log").toContain("listening");
  const written = [server.log.join("\n"), JSON.stringify(reports), asked.join("\n"), said.flat().join("\n")].map((text) => Buffer.from(text));
  for (const [what, wanted] of [
    ["the text behind #", new URL(link).hash.slice(1)],
    ["the secret in it", secretOf(link)],
  ] as const) {
    expect(heard(site.byServer, wanted), `${what} in what the server was sent`).toEqual([]);
    expect(heard(tapped.byServer, wanted), `${what} in what another site was sent`).toEqual([]);
    expect(found(written, wanted), `${what} in logs, reports, errors and what was asked for`).toEqual([]);
  }
  expect(found(written.slice(0, 1), doorTagOf(link)), "nor is the tag in the server's log").toEqual([]);
});

/**
 * Everything that a person's page says on the console or fails with. Firefox names what this test itself runs in the
 * page by the page's whole address; the page's own code is in files, by whose names it is known.
 */
function listen({ page }: Person): string[] {
  const lines: string[] = [];
  page.on("console", (message) => lines.push(message.text()));
  page.on("pageerror", ({ message, stack = "" }) => lines.push(message, ...stack.split("\n").filter((line) => !line.includes("> eval"))));
  return lines;
}

/** Runs in the page before its own scripts. */
function keepReports(): void {
  window.__reports = [];
  document.addEventListener("securitypolicyviolation", ({ documentURI, referrer, sourceFile, blockedURI }) => {
    window.__reports.push({ documentURI, referrer, sourceFile, blockedURI });
  });
}
