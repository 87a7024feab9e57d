/** A bare, hand-tuned data channel between two browser processes: what the browsers themselves can do. */
import { Person } from "../browser/harness/people";
import { StaticSite } from "../browser/harness/static";

/** 64 KiB messages, and a buffer that never runs dry and never holds the whole file. */
const PAGE = `<!doctype html><html lang="en"><title>bare</title><script>
const MESSAGE = 64 << 10, LOW = 1 << 20, HIGH = 4 << 20;
const now = () => performance.timeOrigin + performance.now();
const connection = new RTCPeerConnection();
const channel = connection.createDataChannel("bare", { negotiated: true, id: 0 });
channel.binaryType = "arraybuffer";
channel.bufferedAmountLowThreshold = LOW;
const opened = new Promise((resolve) => { channel.onopen = resolve; });
async function describe(offer) {
  if (offer) await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== "complete") {
    await new Promise((resolve) => { connection.onicegatheringstatechange = resolve; });
  }
  return connection.localDescription.sdp;
}
async function accept(answer) {
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
  await opened;
}
function receive(total) {
  return new Promise((resolve) => {
    let received = 0;
    channel.onmessage = (event) => {
      received += event.data.byteLength;
      if (received >= total) resolve(now());
    };
  });
}
async function send(total) {
  const message = crypto.getRandomValues(new Uint8Array(MESSAGE));
  const start = now();
  for (let sent = 0; sent < total; sent += MESSAGE) {
    if (channel.bufferedAmount > HIGH) await new Promise((resolve) => { channel.onbufferedamountlow = resolve; });
    channel.send(message);
  }
  return start;
}
</script></html>`;

/** Seconds from the first byte sent to the last received. */
export async function bareTransfer(size: number): Promise<number> {
  const site = await StaticSite.start({ "/": PAGE });
  const sender = await Person.arrive("chromium");
  const receiver = await Person.arrive("chromium");
  try {
    await Promise.all([sender.page.goto(site.url), receiver.page.goto(site.url)]);
    const offer = await sender.page.evaluate<string>("describe()");
    const answer = await receiver.page.evaluate<string>(`describe(${JSON.stringify(offer)})`);
    await sender.page.evaluate(`accept(${JSON.stringify(answer)})`);
    await receiver.page.evaluate("opened.then(() => undefined)");
    const received = receiver.page.evaluate<number>(`receive(${size})`);
    const start = await sender.page.evaluate<number>(`send(${size})`);
    return ((await received) - start) / 1000;
  } finally {
    await Promise.all([sender.leave(), receiver.leave()]);
    await site.stop();
  }
}
