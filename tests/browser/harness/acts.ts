/**
 * What people do on the page, by the names that they see and hear (product.md, *Words on the page*).
 * Each act ends when the page shows that it took place.
 */
import { expect, type Locator, type Page } from "@playwright/test";
import type { Person, Saved } from "./people";

/** Opens the page: a room is ready. */
export async function openPage(host: Person, url: string): Promise<void> {
  await host.page.goto(url);
  await expect(host.page.getByRole("button", { name: "Choose files" })).toBeVisible();
  await expect.poll(() => linkOf(host)).toContain("#");
}

/** The link to the room: the address bar holds it. */
export async function linkOf(member: Person): Promise<string> {
  return member.page.evaluate(() => location.href);
}

/** Puts files on the shelf, on whichever page this person sees. */
export async function share(person: Person, ...paths: string[]): Promise<void> {
  await person.page.locator("input[type=file][multiple]").first().setInputFiles(paths);
}

/** Opens a link and asks to come in. */
export async function knock(guest: Person, link: string, name: string): Promise<void> {
  await guest.page.goto(link);
  await guest.page.getByRole("textbox", { name: "Your name" }).fill(name);
  await guest.page.getByRole("button", { name: "Ask to come in" }).click();
}

/** The card of somebody who waits at the door. */
export function cardOf(host: Person, name: string): Locator {
  return host.page.getByRole("dialog", { name: `${name} wants to come in` });
}

/** Lets somebody in; the host is asked for a name of its own the first time. */
export async function letIn(host: Person, name: string, own = "Hanna"): Promise<void> {
  const card = cardOf(host, name);
  await expect(card).toBeVisible();
  const field = card.getByRole("textbox", { name: "Your name" });
  if (await field.isVisible()) await field.fill(own);
  await card.getByRole("button", { name: "Let in" }).click();
  await expect(card).toBeHidden();
}

/** Waits until the page says that the way to the others is direct. */
export async function connected(...people: Person[]): Promise<void> {
  for (const { page } of people) {
    await expect(page.getByRole("status").filter({ hasText: /^direct$/ })).toBeVisible({ timeout: 30_000 });
  }
}

/** A guest knocks, the host lets it in, both are connected. */
export async function meet(host: Person, guest: Person, name: string): Promise<void> {
  await knock(guest, await linkOf(host), name);
  await letIn(host, name);
  await connected(host, guest);
}

/** A file's row on the shelf; `name` as the page shows it. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole("list", { name: "Files" }).getByRole("listitem").filter({ hasText: name });
}

/** Saves a file of `size` bytes and waits for the browser's own download of it. */
export async function save(person: Person, name: string, size: number, within = 60_000): Promise<Saved> {
  const button = rowOf(person.page, name).getByRole("button", { name: "Save", exact: true });
  return person.download(size, () => button.click(), within);
}

/** Says something in the chat. */
export async function say(person: Person, text: string): Promise<void> {
  await person.page.getByRole("textbox", { name: "Message" }).fill(text);
  await person.page.getByRole("button", { name: "Send", exact: true }).click();
  await heardSaying(person, text);
}

/** Waits until the chat shows a message. */
export async function heardSaying(person: Person, text: string): Promise<void> {
  await expect(person.page.getByRole("log", { name: "Chat" }).getByText(text, { exact: true })).toBeVisible();
}
