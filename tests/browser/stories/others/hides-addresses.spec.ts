/**
 * "My browser is set to leak no address", by a setting or an add-on. Chromium then connects nowhere without a proxy,
 * Firefox only to whom it is told of: where it does not come about the page says that it is this browser's setting,
 * not the networks, and to the other side that it is theirs.
 */
import type { Page } from "@playwright/test";
import { connected, knock, letIn, linkOf, openPage, told } from "../../harness/acts";
import type { Settings } from "../../harness/people";
import { expect, test, type Kind, type Person } from "../../harness/test";

const HIDDEN: Record<Kind, Settings> = {
  // The policy WebRtcIPHandling, and what add-ons set.
  chromium: { "webrtc.ip_handling_policy": "disable_non_proxied_udp" },
  firefox: { "media.peerconnection.ice.default_address_only": true, "media.peerconnection.ice.no_host": true },
};

test("a Chromium that gives out no address is told so, and so is who waits for it", async ({ people, site }) => {
  const host = await people.arrive("chromium");
  const guest = await people.arrive("chromium", { settings: HIDDEN.chromium });
  await letInAs(host, guest, site.url);
  await toldLate(guest.page, "This browser lets the page connect from nowhere");
  await toldLate(host.page, "Gustav’s browser can’t be connected to");
});

test("a Firefox that gives out no address is connected by the other side's, and two of them are told", async ({ people, site }) => {
  const host = await people.arrive("firefox", { settings: HIDDEN.firefox });
  const other = await people.arrive("chromium");
  const guest = await people.arrive("firefox", { settings: HIDDEN.firefox });
  // What the browser itself says then.
  for (const person of [host, guest]) person.problems.allow(/WebRTC: ICE failed/);
  await letInAs(host, other, site.url);
  await connected(host, other);
  await knock(guest, await linkOf(host), "Greta");
  await letIn(host, "Greta");
  await toldLate(host.page, "This browser lets the page connect from nowhere");
});

test("an add-on that lets no connection be made is told as well, and nothing stops", async ({ people, site }) => {
  const host = await people.arrive("chromium");
  const guest = await people.arrive("chromium");
  await guest.context.addInitScript(() => {
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct() {
        throw new DOMException("no connections here", "NotAllowedError");
      },
    });
  });
  await letInAs(host, guest, site.url);
  await toldLate(guest.page, "This browser lets the page connect from nowhere");
});

test("where WebRTC is switched off, or an add-on took it away or half of it, that is said at once", async ({ people, site }) => {
  const firefox = await people.arrive("firefox", { settings: { "media.peerconnection.enabled": false } });
  await firefox.page.goto(site.url);
  await told(firefox.page, "WebRTC is switched off in this browser");

  const chromium = await people.arrive("chromium");
  const takings = [
    () => Reflect.deleteProperty(window, "RTCPeerConnection"),
    () => Reflect.set(window, "RTCPeerConnection", undefined),
    () => Reflect.set(window, "RTCPeerConnection", () => undefined),
    () => Reflect.deleteProperty(window.RTCPeerConnection.prototype, "createDataChannel"),
  ];
  for (const take of takings) {
    const page = await chromium.newTab();
    await page.addInitScript(take);
    await page.goto(site.url);
    await told(page, "WebRTC is switched off in this browser");
    await page.close();
  }
});

async function letInAs(host: Person, guest: Person, url: string): Promise<void> {
  await openPage(host, url);
  await host.page.getByRole("button", { name: "Chat without a file" }).click();
  await knock(guest, await linkOf(host), "Gustav");
  await letIn(host, "Gustav");
}

/** After the half minute that a connection may take. */
async function toldLate(page: Page, sentence: string): Promise<void> {
  await expect(page.getByText(sentence)).toBeVisible({ timeout: 90_000 });
}
