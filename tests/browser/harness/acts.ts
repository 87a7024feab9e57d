/**
 * What people do on the page, by the names that they see and hear.
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

/** The card of somebody who waits at the door, or the row, where several do. */
export function cardOf({ page }: Person, name: string): Locator {
  const named = (role: "dialog" | "group") => page.getByRole(role, { name: `${name} wants to come in` });
  return named("dialog").or(named("group"));
}

/** Lets somebody in; the host is asked for a name of its own the first time. */
export async function letIn(host: Person, name: string, own = "Hanna"): Promise<void> {
  const card = cardOf(host, name);
  await expect(card).toBeVisible();
  const field = host.page.getByRole("textbox", { name: "Your name" });
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

/** One of a file's buttons. */
export function buttonOf(page: Page, name: string, label: string): Locator {
  return rowOf(page, name).getByRole("button", { name: label, exact: true });
}

/**
 * Presses one of a file's buttons, by the keyboard: a driven Firefox counts two clicks on different buttons within
 * half a second as a double click, whose second half the page rightly ignores. Not two at once: the focus is one.
 */
export async function press(person: Person, name: string, label: string): Promise<void> {
  await buttonOf(person.page, name, label).press("Enter");
}

/** Saves a file of `size` bytes and waits for the browser's own download of it. */
export async function save(person: Person, name: string, size: number, within = 60_000): Promise<Saved> {
  return person.download(size, () => press(person, name, "Save"), within);
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

/** The link as the person has it after *Copy link*: what a paste gives, which stays a draft for a moment only. */
export async function copyLink(host: Person): Promise<string> {
  await host.page.getByRole("button", { name: "Copy link" }).click();
  const field = host.page.getByRole("textbox", { name: "Message" });
  await field.focus();
  await host.page.keyboard.press("ControlOrMeta+V");
  await expect(field).toHaveValue(/#/);
  const link = await field.inputValue();
  await field.fill("");
  return link;
}

/** The room's menu, unfolded. */
export async function menuOf(page: Page): Promise<Locator> {
  const menu = page.getByRole("dialog", { name: "Room" });
  if (!(await menu.isVisible())) await page.getByRole("button", { name: "Room", exact: true }).click();
  await expect(menu).toBeVisible();
  return menu;
}

/** The host ends the room for everybody. */
export async function endRoom(host: Person): Promise<void> {
  const menu = await menuOf(host.page);
  await menu.getByRole("button", { name: "End room…" }).click();
  await menu.getByRole("button", { name: "End room", exact: true }).click();
}

/** Waits for a sentence, wherever the page says it. */
export async function told(page: Page, sentence: string | RegExp): Promise<void> {
  await expect(page.getByText(sentence).first()).toBeVisible();
}

/** Who is in the room, as the page lists them. */
export async function peopleOf(page: Page): Promise<string[]> {
  const names = await page.getByRole("list", { name: "People" }).getByRole("listitem").locator(".unseen").allTextContents();
  return names.sort();
}
