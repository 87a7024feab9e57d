/**
 * A file from one person to another where no direct path exists. That there is none is what the browsers are told
 * (`iceTransportPolicy`) before the page's scripts run: the page itself has no such switch.
 */
import { expect } from "@playwright/test";
import { knock, letIn, linkOf, openPage, rowOf, save, share } from "./acts";
import type { Transport } from "./coturn";
import { hashOf, nameOf, type Folder } from "./files";
import type { Person } from "./people";
import type { Further, People } from "./test";

const SIZE = 2 << 20;

/** Everything that it takes, and the whole file at its end. */
export async function sentByTurn({ people, further, files }: { people: People; further: Further; files: Folder }, transport: Transport): Promise<void> {
  const coturn = await further.coturn(transport);
  const server = await further.server(...coturn.flags);
  const host = await people.host({ localTurn: true, trusts: coturn.certificate });
  const guest = await people.guest({ localTurn: true, trusts: coturn.certificate });
  await Promise.all([turnOnly(host), turnOnly(guest)]);
  const file = await files.file("by turn.bin", SIZE);

  await openPage(host, `http://127.0.0.1:${server.port}/`);
  await share(host, file);
  await knock(guest, await linkOf(host), "Gustav");
  await letIn(host, "Gustav");
  for (const { page } of [host, guest]) {
    await expect(page.getByRole("status").filter({ hasText: /^relayed$/ })).toBeVisible({ timeout: 60_000 });
  }
  const saved = await save(guest, nameOf(file), SIZE);
  expect(await hashOf(saved.path)).toBe(await hashOf(file));
  await expect(rowOf(guest.page, nameOf(file))).toContainText("Verified");
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
