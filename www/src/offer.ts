/** From what a person picked, pasted or dropped to commands: looks before it shares, reads one byte at most. */
import type { Problem } from "./state";
import { text } from "./text";

/** Most files at once; the engine's MAX_FILES. */
export const MAX_FILES = 64;

export type Checked = { files: readonly File[] } | { problem: Problem };

/** Whether all of `files` can be shared; a folder or an unreadable file must never become a file of 0 bytes. */
export async function check(files: readonly File[]): Promise<Checked> {
  if (files.length > MAX_FILES) return { problem: { kind: "too-many", most: MAX_FILES } };
  const readable = await Promise.all(files.map(canRead));
  const bad = files.find((_, index) => readable[index] !== true);
  return bad === undefined ? { files } : { problem: { kind: "unreadable", name: bad.name } };
}

/**
 * Most characters that are put into the composer's field: four times what a message may be, for who wants to shorten
 * it there. One with 20 MB ends the tab.
 */
export const MAX_FIELD = 32_768;

/** `given` as a file, if the composer's field cannot bear it. */
export function overlong(given: string): File | null {
  return given.length > MAX_FIELD ? asFile(given) : null;
}

/** A text that is too long for a message. */
export function asFile(said: string): File {
  return new File([said], text.message.fileName, { type: "text/plain" });
}

/** The name of the first folder among what was dropped, if there is one. */
export function folderIn(data: DataTransfer): string | null {
  for (const item of data.items) {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    if (entry?.isDirectory === true) return entry.name;
  }
  return null;
}

async function canRead(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** An ordinary download into the folder that the person's browser uses for them. */
export function download(url: string, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.hidden = true;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
