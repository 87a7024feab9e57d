/** Axe has nothing to report on any state that two people pass through. */
import { accessible } from "../../harness/axe";
import { buttonOf, cardOf, connected, endRoom, knock, letIn, linkOf, menuOf, openPage, press, rowOf, say, share, told } from "../../harness/acts";
import { expect, nameOf, test } from "../../harness/test";

test("every state of the main job, on both sides", async ({ people, site, files }) => {
  const host = await people.host();
  const guest = await people.guest({ viewport: { width: 390, height: 844 } });
  const film = await files.file("film.bin", 24 << 20);
  await openPage(host, site.url);
  await accessible(host.page, "empty");
  await share(host, film);
  await expect(rowOf(host.page, nameOf(film))).toBeVisible();
  await accessible(host.page, "waiting");
  await host.page.getByRole("button", { name: "Show QR code" }).click();
  await accessible(host.page, "waiting with the QR code");

  await guest.page.goto(await linkOf(host));
  await expect(guest.page.getByRole("button", { name: "Ask to come in" })).toBeVisible();
  await accessible(guest.page, "door");
  await knock(guest, await linkOf(host), "Gustav");
  await expect(cardOf(host, "Gustav").getByRole("button", { name: "Let in" })).toBeEnabled();
  await accessible(host.page, "knock");
  await accessible(guest.page, "asked");
  await letIn(host, "Gustav");
  await connected(host, guest);
  await say(guest, "hello https://example.test");
  await accessible(host.page, "room of the host");
  await accessible(guest.page, "room of the guest");

  await press(guest, nameOf(film), "Save");
  await expect(rowOf(guest.page, nameOf(film)).getByRole("progressbar")).toBeVisible();
  await press(guest, nameOf(film), "Pause");
  await expect(buttonOf(guest.page, nameOf(film), "Resume")).toBeVisible();
  await accessible(guest.page, "paused");
  await press(guest, nameOf(film), "Resume");
  await accessible(guest.page, "receiving");
  await guest.download(24 << 20);
  await accessible(guest.page, "done");
  await menuOf(guest.page);
  await accessible(guest.page, "menu of the guest");
  await menuOf(host.page);
  await accessible(host.page, "menu of the host");

  await endRoom(host);
  await told(host.page, "The room is closed");
  await accessible(host.page, "over");
  await told(guest.page, /Hanna ended the room/);
  await accessible(guest.page, "ended by the host");
});
