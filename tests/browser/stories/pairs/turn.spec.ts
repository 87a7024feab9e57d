/**
 * Where no direct path exists, a TURN server carries it and the page says so. That there is none is what the browsers
 * are told (`iceTransportPolicy`) before the page's scripts run: the page itself has no such switch.
 */
import { knock, letIn, linkOf, openPage, rowOf, save, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const MIB = 1 << 20;

for (const transport of ["any", "tcp"] as const) {
  const how = transport === "tcp" ? "that is reached by TCP alone " : "";
  test(`without a direct path a TURN server ${how}carries a file, and the page says relayed`, async ({ people, further, files }) => {
    const coturn = await further.coturn(transport);
    const server = await further.server(...coturn.flags);
    const host = await people.host({ localTurn: true });
    const guest = await people.guest({ localTurn: true });
    await Promise.all([turnOnly(host), turnOnly(guest)]);
    const file = await files.file("by turn.bin", 2 * MIB);

    await openPage(host, `http://127.0.0.1:${server.port}/`);
    await share(host, file);
    await knock(guest, await linkOf(host), "Gustav");
    await letIn(host, "Gustav");
    for (const { page } of [host, guest]) {
      await expect(page.getByRole("status").filter({ hasText: /^relayed$/ })).toBeVisible({ timeout: 60_000 });
    }
    const saved = await save(guest, nameOf(file), 2 * MIB);
    expect(await hashOf(saved.path)).toBe(await hashOf(file));
    await expect(rowOf(guest.page, nameOf(file))).toContainText("Verified");
  });
}

/** Its browser uses TURN only from the next page load on. */
async function turnOnly(person: Person): Promise<void> {
  await person.context.addInitScript(() => {
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: "relay" });
      }
    };
  });
}
