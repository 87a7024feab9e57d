/** The ground that every story stands on: two browser processes of this pair open a data channel. */
import { expect, heard, test } from "./test";
import { StaticSite } from "./static";

test("two browser processes open a data channel without any server", async ({ people }) => {
  const site = await StaticSite.start({ "/": page() });
  const host = await people.host();
  const guest = await people.guest();
  await Promise.all([host.page.goto(site.url), guest.page.goto(site.url)]);

  const offer = await host.page.evaluate(describe, null);
  const answer = await guest.page.evaluate(describe, offer);
  await host.page.evaluate(async (sdp) => {
    await window.smoke.connection.setRemoteDescription({ type: "answer", sdp });
  }, answer);
  await host.page.evaluate(() => window.smoke.opened);
  await host.page.evaluate(() => window.smoke.channel.send("across"));

  expect(await guest.page.evaluate(() => window.smoke.heard)).toBe("across");
  expect(await host.connectionsConstructed()).toBe(1);
  await site.stop();
});

test("what must never happen on a page is noticed in this browser", async ({ people }) => {
  const site = await StaticSite.start({
    "/": page(`<meta http-equiv="content-security-policy" content="img-src 'none'">`),
  });
  const host = await people.host();
  await host.page.goto(site.url);
  await host.page.evaluate(() => {
    console.error("said aloud");
    document.body.append(Object.assign(new Image(), { src: "/forbidden.png" }));
    setTimeout(() => {
      throw new Error("not caught");
    });
  });

  for (const problem of [/said aloud/, /policy violated: img-src/, /uncaught:.*not caught/]) {
    await expect.poll(() => host.problems.list.filter((found) => problem.test(found))).not.toEqual([]);
  }
  host.problems.allow(/./);
  await site.stop();
});

test("what a browser tells the server is found in every disguise, and nothing else is", async ({ people, site }) => {
  const host = await people.host();
  // An address that is no page names no icon.
  host.problems.allow(/favicon\.ico/);
  await host.page.goto(`${site.url}healthz?asked-for=this`);
  const code = await host.page.evaluate(async () => {
    const socket = new WebSocket(`ws://${location.host}/signal`, "linkspan.1");
    await new Promise((resolve) => (socket.onopen = resolve));
    const closed = new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
    socket.send(new TextEncoder().encode(`open secret, ${btoa("a:base64 secret")}, 686578207365637265742e`));
    return (await closed).code;
  });

  expect(code, "the server refused it, so it has read it").toBe(4000);
  expect(heard(site.proxy.byServer, "asked-for=this")).toContain("raw");
  expect(heard(site.proxy.byServer, "open secret")).toEqual(["raw"]);
  expect(heard(site.proxy.byServer, "base64 secret")).toEqual(["base64 (2)", "base64url (2)"]);
  expect(heard(site.proxy.byServer, "hex secret.")).toEqual(["hex"]);
  expect(heard(site.proxy.byServer, "never said")).toEqual([]);
});

declare global {
  interface Window {
    smoke: { connection: RTCPeerConnection; channel: RTCDataChannel; opened: Promise<void>; heard: Promise<string> };
  }
}

/** An empty page; its icon is named, or browsers would ask for one that isn't there. */
function page(head = ""): string {
  return `<!doctype html><html lang="en"><head>${head}<title>smoke</title><link rel="icon" href="data:,"></head><body></body></html>`;
}

/** Makes a connection and returns its complete description. */
async function describe(offer: string | null): Promise<string> {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel("smoke", { negotiated: true, id: 0 });
  window.smoke = {
    connection,
    channel,
    opened: new Promise((resolve) => (channel.onopen = () => resolve())),
    heard: new Promise((resolve) => (channel.onmessage = (event) => resolve(String(event.data)))),
  };
  if (offer !== null) await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== "complete") {
    await new Promise((resolve) => (connection.onicegatheringstatechange = resolve));
  }
  return connection.localDescription?.sdp ?? "";
}
