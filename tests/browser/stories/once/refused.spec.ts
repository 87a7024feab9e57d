/** Bad input gets a sentence: lying names, too little room, too many files, browsers that lack what is needed. */
import { heardSaying, knock, letIn, linkOf, meet, menuOf, openPage, press, rowOf, say, share, told } from "../../harness/acts";
import { expect, nameOf, test } from "../../harness/test";

test("a name that leaves its folder or lies about its kind is shown and saved for what it is", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await share(host, await files.file("honest.bin", 10));
  await meet(host, guest, "Gustav");

  const input = host.page.locator("input[type=file][multiple]").first();
  const buffer = (size: number) => Buffer.alloc(size, 7);
  await input.setInputFiles([{ name: "invoice\u202Efdp.exe", mimeType: "application/pdf", buffer: buffer(501) }]);
  await input.setInputFiles([{ name: "..\\..\\autostart\\run.txt", mimeType: "text/plain", buffer: buffer(502) }]);
  await input.setInputFiles([{ name: "con.txt", mimeType: "text/plain", buffer: buffer(503) }]);

  for (const [shown, size] of [
    ["invoice", 501],
    ["run", 502],
    ["con", 503],
  ] as const) {
    const row = rowOf(guest.page, shown).filter({ hasText: `${size} B` });
    await row.getByRole("button", { name: "Save", exact: true }).press("Enter");
    const saved = await guest.download(size);
    expect(saved.name, "no override of direction, no way to another folder, no device").not.toMatch(
      /[\u202a-\u202e/\\]|^\.|^con\./,
    );
    expect(await row.locator(".file-name").innerText()).not.toMatch(/[\u202a-\u202e\\]/);
  }
  await expect(rowOf(guest.page, "invoice"), "what it is, last and in plain sight").toContainText(".exe");
});

test("what does not fit, or would leave the room's own records no place, is refused before it starts", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest();
  const film = await files.file("film.bin", 24 << 20);
  await openPage(host, site.url);
  await share(host, film);
  await meet(host, guest, "Gustav");
  const session = await guest.context.newCDPSession(guest.page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.url).origin, quotaSize: 40 << 20 });

  await press(guest, nameOf(film), "Save");
  await expect(rowOf(guest.page, nameOf(film))).toContainText(
    /There is not enough room here for 25\.2 MB|This browser can hold [\d.]+ [kM]?B here, the file is 25\.2 MB/,
  );
  await say(guest, "no room here");
  await heardSaying(host, "no room here");

  await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.url).origin });
  await press(guest, nameOf(film), "Save");
  await guest.download(24 << 20);
});

test("more files than fit in one go are refused in a sentence", async ({ people, site }) => {
  const host = await people.host();
  await openPage(host, site.url);
  const many = Array.from({ length: 65 }, (_, index) => ({ name: `${index}.txt`, mimeType: "text/plain", buffer: Buffer.from("x") }));
  await host.page.locator("input[type=file][multiple]").first().setInputFiles(many);
  await told(host.page, "At most 64 files at once.");
});

test("a new link makes the old one lead to nobody, and members stay", async ({ people, site, files }) => {
  const host = await people.host();
  const [guest, late] = [await people.guest(), await people.guest()];
  await openPage(host, site.url);
  await share(host, await files.file("shared.bin", 10));
  await meet(host, guest, "Gustav");
  const old = await linkOf(host);

  await (await menuOf(host.page)).getByRole("button", { name: "Make a new link" }).click();
  await expect.poll(() => linkOf(host)).not.toBe(old);
  await host.page.keyboard.press("Escape");
  await knock(late, old, "Lotte");
  await told(late.page, "Nobody has answered yet.");
  await expect(late.page.getByRole("button", { name: "Start a new room" })).toBeVisible();
  await expect.poll(() => guest.page.url(), "members have the link that leads in").toContain(new URL(await linkOf(host)).hash);
  await say(host, "still together");
  await heardSaying(guest, "still together");
  await late.page.goto("about:blank");
  // Who has asked already asks on by the link that is opened now.
  await late.page.goto(await linkOf(host));
  await letIn(host, "Lotte");
  await heardSaying(late, "still together");
});

test("a browser without WebRTC or another part is told which at once", async ({ people, site }) => {
  const [blocked, old] = [await people.host(), await people.guest()];
  await blocked.context.addInitScript(() => Reflect.deleteProperty(window, "RTCPeerConnection"));
  await blocked.page.goto(site.url);
  await told(blocked.page, "WebRTC is switched off in this browser");

  await old.context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "locks"));
  await old.page.goto(site.url);
  await told(old.page, "This browser can’t do it");
  await told(old.page, "Web Locks");
  expect(site.proxy.byServer.messages).toEqual([]);
});
