/**
 * Handing what is verified to the browser, which downloads it. What becomes of it there no page is told: a prompt, a
 * refusal, a dialog that is cancelled. So nothing here ever says that a file was saved.
 */
import { diskName } from "./filenames";
import type { Copy } from "./state";

/** Handed over since the person last did something. Browsers let a page begin one download by itself, then they ask. */
let unasked = 0;

addEventListener("pointerdown", () => (unasked = 0), true);
addEventListener("keydown", () => (unasked = 0), true);

/** An ordinary download into the folder that the person's browser uses for them. Says whether the browser may ask now. */
export function handOver({ url, name }: Copy): boolean {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = diskName(name);
  anchor.hidden = true;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  unasked += 1;
  return unasked > 1;
}
