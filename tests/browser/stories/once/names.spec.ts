/** Nobody goes by a word of the page: it is refused where one types it, and what passes for a name is told apart. */
import { cardOf, linkOf, openPage } from "../../harness/acts";
import { expect, test } from "../../harness/test";

test("a word of the page is refused at each field for a name, until another stands there", async ({ people, site }) => {
  const host = await people.host();
  const guest = await people.guest();
  await openPage(host, site.url);
  await guest.page.goto(await linkOf(host));
  const field = guest.page.getByRole("textbox", { name: "Your name" });
  const ask = guest.page.getByRole("button", { name: "Ask to come in" });
  await field.fill("Ноst");
  await expect(guest.page.getByRole("alert")).toContainText("“Ноst” is a word this page uses itself");
  await expect(field).toHaveAccessibleDescription(/nobody may go by it/);
  await ask.click();
  await expect(field).toBeFocused();
  await field.fill("Gustav");
  await expect(guest.page.getByRole("alert")).toHaveCount(0);
  await ask.click();

  const card = cardOf(host, "Gustav");
  const letIn = card.getByRole("button", { name: "Let in" });
  await expect(letIn).toBeEnabled();
  await card.getByRole("textbox", { name: "Your name" }).fill("you");
  await expect(card.getByRole("alert")).toContainText("“you” is a word this page uses itself");
  await expect(letIn).toBeDisabled();
  await card.getByRole("textbox", { name: "Your name" }).fill("gυstav");
  await letIn.click();

  // Two who look alike, by the ends of their keys, and neither without.
  const names = guest.page.getByRole("list", { name: "People" }).getByRole("listitem");
  await expect(names.filter({ hasText: /gυstav \(key.….[0-9a-f]{4}\)/ })).toHaveCount(1);
  await expect(names.filter({ hasText: /Gustav \(key.….[0-9a-f]{4}\) \(You\)/ })).toHaveCount(1);
});
