/** Somebody has the page translated, which puts elements in place of its texts, again after each change: all goes on. */
import { cardOf, connected, heardSaying, knock, letIn, linkOf, openPage, press, rowOf, say, share } from "../../harness/acts";
import { expect, hashOf, nameOf, test, type Person } from "../../harness/test";

const SIZE = 30_000_000;

for (const way of ["moves", "replaces"] as const) {
  test(`through a knock, a transfer and a chat, by a translator that ${way} texts`, async ({ people, site, files }) => {
    const host = await people.host();
    const guest = await people.guest();
    for (const person of [host, guest]) await person.context.addInitScript(translate, way);
    await openPage(host, site.url);
    const file = await files.file("survey.bin", SIZE);
    await share(host, file);
    await expect(rowOf(host.page, nameOf(file))).toContainText("30.0 MB");

    await knock(guest, await linkOf(host), "Gustav");
    await expect(cardOf(host, "Gustav")).toBeVisible();
    const digits = guest.page.getByRole("img", { name: /^Six digits/ });
    await expect(digits).toBeVisible();
    expect(await digits.innerText()).toBe(await host.page.getByRole("img", { name: /^Six digits/ }).innerText());
    await letIn(host, "Gustav");
    await connected(host, guest);
    await expect(host.page.getByRole("status"), "nothing of what stood there before stays").toHaveText("direct");

    await expect(rowOf(guest.page, nameOf(file))).toContainText("from Hanna");
    const seen = guest.page.evaluate(watchState);
    const saved = await guest.download(SIZE, () => press(guest, nameOf(file), "Save"));
    expect(await hashOf(saved.path)).toBe(await hashOf(file));
    await expect(rowOf(guest.page, nameOf(file)).locator(".file-state")).toHaveText("30.0 MB · Verified · handed to the browser");
    expect((await seen).filter((words) => words.includes("of 30.0 MB")).length, "progress went on").toBeGreaterThan(1);
    await rowOf(guest.page, nameOf(file)).getByRole("button", { name: /^More about/ }).click();

    await say(guest, "this is it: https://example.org/a (really)");
    await heardSaying(host, "this is it: https://example.org/a (really)").catch(async () => {
      await expect(host.page.locator(".said-text").last()).toHaveText("this is it: https://example.org/a (really)");
    });
    await say(host, "thanks");
    await heardSaying(guest, "thanks");
    await expect(guest.page.locator(".delivery")).toHaveText("Delivered");

    for (const person of [host, guest]) expect(await texts(person)).toEqual([]);
    await guest.page.close();
    await expect(host.page.getByRole("status")).toHaveText("not connected");
  });
}

test("the names of many who knock at once are not translated", async ({ people, site }) => {
  const host = await people.host();
  await openPage(host, site.url);
  const names = ["Rose", "Mark"];
  for (const name of names) await knock(await people.guest(), await linkOf(host), name);
  for (const name of names) {
    const title = cardOf(host, name).getByRole("heading");
    await expect(title).toBeVisible();
    await expect(title.locator('[translate="no"]')).toHaveText(name);
  }
  expect(await texts(host)).toEqual([]);
});

/** What must stay as it is, and is not marked so. */
async function texts({ page }: Person): Promise<string[]> {
  return page.evaluate(() => {
    const kept = [".digits span", ".stem", ".tail", ".message[data-mine=false] .author bdi", ".room .far .shore-name", "input.link", ".hash code", ".initials .unseen", ".said-text a"];
    return kept.flatMap((selector) => [...document.querySelectorAll(selector)]).filter((each) => !(each as HTMLElement).closest('[translate="no"]')).map((each) => each.outerHTML);
  });
}

/** What the file's row says until it is done. */
async function watchState(): Promise<string[]> {
  const seen = new Set<string>();
  const row = document.querySelector(".files");
  return new Promise((resolve) => {
    const look = () => {
      const words = row?.querySelector(".file-state")?.textContent ?? "";
      seen.add(words);
      if (!words.includes("Verified")) return;
      observer.disconnect();
      resolve([...seen]);
    };
    const observer = new MutationObserver(look);
    observer.observe(row ?? document.body, { subtree: true, childList: true, characterData: true });
  });
}

/** As the translators of Chrome and Edge do it, though without another language: the words are looked for. */
function translate(way: "moves" | "replaces"): void {
  const texts = (node: Node): Text[] => {
    if (node instanceof Text) return node.data.trim() === "" ? [] : [node];
    return [...node.childNodes].flatMap(texts);
  };
  const wrap = (text: Text) => {
    if (text.parentElement === null || text.parentElement.closest("font, script, style, textarea") !== null) return;
    const inner = document.createElement("font");
    const outer = document.createElement("font");
    outer.append(inner);
    text.replaceWith(outer);
    inner.append(way === "moves" ? text : text.data);
  };
  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      for (const node of [target, ...addedNodes]) if (node.isConnected) texts(node).forEach(wrap);
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
