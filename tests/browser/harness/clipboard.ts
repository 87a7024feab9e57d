/** What other programs put on the clipboard, several forms of one thing at once. */
import type { Further, Person } from "./test";

/** The forms of what was copied, by their types; a picture is made here. */
export interface Copied {
  text?: string;
  html?: string;
  picture?: boolean;
}

/** Copies it in another tab of the same browser, as another program would. */
export async function copied(person: Person, further: Further, forms: Copied): Promise<void> {
  const site = await further.pages({ "/": "<!doctype html><link rel=icon href=data:,><button>copy</button>" });
  if (person.kind === "chromium") await person.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await person.newTab();
  await tab.goto(site.url);
  await tab.evaluate(({ text, html, picture }) => {
    document.querySelector("button")?.addEventListener("click", () => void copy());
    function drawn(): Promise<Blob> {
      const canvas = new OffscreenCanvas(8, 8);
      canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
      return canvas.convertToBlob();
    }
    async function copy(): Promise<void> {
      const forms: Record<string, Blob> = {};
      if (text !== undefined) forms["text/plain"] = new Blob([text], { type: "text/plain" });
      if (html !== undefined) forms["text/html"] = new Blob([html], { type: "text/html" });
      if (picture === true) forms["image/png"] = await drawn();
      await navigator.clipboard.write([new ClipboardItem(forms)]);
      document.title = "copied";
    }
  }, forms);
  await tab.getByRole("button").click();
  await tab.waitForFunction(() => document.title === "copied");
  await tab.close();
  await person.page.bringToFront();
}
