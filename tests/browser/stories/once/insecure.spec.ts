/** A page over plain http from elsewhere can keep nothing private, and says why instead of failing. */
import { openPage, share, told } from "../../harness/acts";
import { ELSEWHERE } from "../../harness/people";
import { expect, test } from "../../harness/test";

test("over http from another address the page says what is missing", async ({ people, site }) => {
  const person = await people.host();
  // Chromium's word for the same thing: it ignores a header that needs a trustworthy origin.
  person.problems.allow(/Cross-Origin-Opener-Policy header has been ignored/);
  await person.page.goto(site.url.replace("127.0.0.1", ELSEWHERE));
  await told(person.page, "This address can’t keep anything private");
  await told(person.page, "Browsers allow direct, encrypted sharing only on https pages.");
  await expect(person.page.getByRole("button", { name: "Open with https" })).toBeVisible();
  await expect(person.page.getByRole("button", { name: "Choose files" })).toHaveCount(0);
  expect(site.proxy.byServer.messages, "nothing was tried").toEqual([]);
});

test("a link to a loopback address says that it works only on this computer", async ({ people, site, files }) => {
  const person = await people.host();
  await openPage(person, site.url);
  await share(person, await files.file("shared.bin", 10));
  await told(person.page, "This address works only on this computer: open it in a second window to try it.");
});
