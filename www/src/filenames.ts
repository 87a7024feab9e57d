/**
 * What files are called before they are shared, and on the disk of who saves them. A browser keeps to rules of its own
 * when it names a download, and says nothing: so the page asks only for names that it keeps, and shows them beforehand.
 */
import { utf8Length } from "./format";

/** Whose rules: both browsers were asked, name by name. Any other one is given only what both keep. */
export type Rules = "chromium" | "firefox" | "both";

/** Bytes of a name that both browsers keep: 255, less what they append while it is under way and to tell it from a twin. */
export const MAX_DISK_NAME = 240;

const agent = (globalThis.navigator as Navigator | undefined)?.userAgent ?? "";
const HERE: Rules = agent.includes("Firefox/") ? "firefox" : agent.includes("Chrome/") ? "chromium" : "both";
const WINDOWS = agent.includes("Windows");

/** What a file called `name` on the shelf will be called where this browser downloads it. */
export function diskName(name: string, rules: Rules = HERE, windows = WINDOWS): string {
  // A dot in front hides a file, joiners hide what they join: no browser lets a page choose that.
  let kept = name.replace(/\p{Cf}/gu, "_").replace(/^\.+/u, "");
  if (rules !== "chromium") kept = kept.replaceAll("%", "_").replace(/[\p{Zs}\s]+/gu, " ").replace(/\. ([^.]*)$/u, ".$1").trim();
  if (rules !== "firefox") kept = kept.replace(/^[~ ]/u, "_").replace(/[~ ]$/u, "_");
  // Names that a desktop acts upon as soon as they lie in a folder.
  if ((rules !== "chromium" || windows) && /\.(lnk|local|url|scf|desktop)$/iu.test(kept)) kept += ".download";
  if (windows && /\.\{[^}]*\}$/u.test(kept)) kept += ".download";
  if (windows && /^(desktop\.ini|thumbs\.db)$/iu.test(kept)) kept = `_${kept}`;
  // Chromium does not keep a name of nothing but marks.
  return kept === "" || (rules !== "firefox" && /^[-_. ]+$/u.test(kept)) ? "download" : shortened(kept);
}

/**
 * `files` as they are shared: their names composed, as everybody but a Mac writes them, then twins numbered, among them
 * and beside the names that are `taken`. What keeps its name stays the very file that the person chose.
 */
export function named(files: readonly File[], taken: Iterable<string>): File[] {
  const used = new Set(Array.from(taken, fold));
  return files.map((file) => {
    const composed = file.name.normalize("NFC");
    let name = composed;
    for (let number = 2; used.has(fold(name)); number += 1) name = numbered(composed, number);
    used.add(fold(name));
    return name === file.name ? file : new File([file], name, { type: file.type, lastModified: file.lastModified });
  });
}

/** `file`, chosen again for the one that was shared as `name`: under that name, if it is its own, composed or numbered. */
export function chosenAgain(file: File, name: string): File {
  const [stem, extension] = parts(name);
  const own = [name, stem.replace(/ \(\d+\)$/u, "") + extension].map(fold);
  return file.name !== name && own.includes(fold(file.name)) ? new File([file], name, { type: file.type, lastModified: file.lastModified }) : file;
}

/** Equal for names that some file system may hold for one. */
function fold(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase();
}

function numbered(name: string, number: number): string {
  const [stem, extension] = parts(name);
  return `${stem} (${number})${extension}`;
}

/** At the end an extension, if it is a likely one. */
function parts(name: string): [stem: string, extension: string] {
  const extension = /(?<=.)(\.tar)?\.[^.\s]{1,31}$/u.exec(name)?.[0] ?? "";
  return [name.slice(0, name.length - extension.length), extension];
}

function shortened(name: string): string {
  if (utf8Length(name) <= MAX_DISK_NAME) return name;
  const [stem, extension] = parts(name);
  const letters = Array.from(stem);
  while (utf8Length(letters.join("") + extension) > MAX_DISK_NAME) letters.pop();
  return letters.join("").trimEnd() + extension;
}
