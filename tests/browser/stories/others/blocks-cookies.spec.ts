/**
 * "I block cookies." A browser that may keep nothing for the page gives it no locks and no storage either: it works
 * as in a private window, and the page names the setting.
 */
import { heardSaying, meet, openPage, press, rowOf, save, say, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Kind } from "../../harness/test";
import type { Settings } from "../../harness/people";

const BLOCKED: Record<Kind, Settings> = {
  // chrome://settings/content/siteData: "Don't allow sites to save data on your device".
  chromium: { "profile.default_content_setting_values.cookies": 2 },
  // "All cookies (will cause websites to break)".
  firefox: { "network.cookie.cookieBehavior": 2 },
};

for (const kind of ["chromium", "firefox"] as const) {
  test(`in a ${kind} that blocks cookies one can share and chat, as host and as guest`, async ({ people, site, files }) => {
    const guest = await people.arrive(kind, { settings: BLOCKED[kind] });
    const host = await people.arrive("chromium");
    const ofHost = await files.file("for the guest.bin", 400_000);
    const ofGuest = await files.file("from the guest.bin", 500_000);
    await openPage(host, site.url);
    await share(host, ofHost);
    await meet(host, guest, "Gustav");
    await told(guest.page, /Cookies and site data are blocked/);

    await say(guest, "can you read me?");
    await heardSaying(host, "can you read me?");
    await share(guest, ofGuest);
    expect(await hashOf((await save(host, nameOf(ofGuest), 500_000)).path)).toBe(await hashOf(ofGuest));
    await press(guest, nameOf(ofHost), "Save");
    await expect(rowOf(guest.page, nameOf(ofHost))).toContainText("allow cookies");

    // And as one who begins a room.
    const tab = await guest.newTab();
    const beginner = guest.beside(tab);
    await openPage(beginner, site.url);
    await told(tab, /Cookies and site data are blocked/);
    const other = await people.arrive("chromium");
    await tab.getByRole("button", { name: "Chat without a file" }).click();
    await meet(beginner, other, "Olga");
  });
}
