/** From what a person picked, pasted or dropped to commands: looks before it shares, reads one byte at most. */
import type { Problem } from "./state";
import { text } from "./text";

/** Most files at once; the engine's MAX_FILES. */
export const MAX_FILES = 64;

export type Checked = { files: readonly File[] } | { problem: Problem };

/** Whether all of `files` can be shared; a folder or an unreadable file must never become a file of 0 bytes. */
export async function check(files: readonly File[]): Promise<Checked> {
  // A browser that cannot say a file's name (it was started without UTF-8) hands over none, as if none had been chosen.
  if (files.length === 0) return { problem: { kind: "no-files" } };
  if (files.length > MAX_FILES) return { problem: { kind: "too-many", most: MAX_FILES } };
  const readable = await Promise.all(files.map(canRead));
  const bad = files.find((_, index) => readable[index] !== true);
  if (bad !== undefined) return { problem: { kind: "unreadable", name: bad.name } };
  const found = await Promise.all(files.map(isFound));
  const lost = files.find((_, index) => found[index] !== true);
  return lost === undefined ? { files } : { problem: { kind: "not-found", name: lost.name } };
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

/**
 * Whether the browser knows the file at all. One that it cannot find again by its name it hands over as an empty file,
 * which can be read; but the date of what it does not know is always the present moment.
 */
async function isFound(file: File): Promise<boolean> {
  if (file.size > 0) return true;
  const date = file.lastModified;
  while (Date.now() <= date) {
    // Made this very moment, by this clock; a file from a clock that is ahead has a date that stays.
    if (file.lastModified === date && date - Date.now() > 1000) return true;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return file.lastModified === date;
}
