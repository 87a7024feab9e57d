/**
 * What a file's name lets one expect when it is opened, said beside *Save*, before it. By its name alone: nothing is said
 * of its bytes, and a name without a verdict is no promise.
 *
 * Endings as mail programs and browsers block them: *Blocked attachments in Outlook* (Microsoft), Chromium's
 * `download_file_types.asciipb`; what Linux, macOS and phones start by a double click besides.
 */
import { fold } from "./names";

/** What opening it does. */
export type Does = "program" | "shortcut" | "macros" | "page" | "disk";

export type Verdict =
  | { readonly kind: Does; readonly ending: string }
  /** It is named like a document, and is something else. */
  | { readonly kind: "double"; readonly ending: string; readonly like: string }
  /** Its ending is written in other letters than the one that it can be taken for. */
  | { readonly kind: "look-alike"; readonly like: string };

const ENDINGS: Readonly<Record<Does, string>> = {
  program:
    "apk app appimage applescript appinstaller appx appxbundle bash bat chm cmd com command cpl csh deb dll exe flatpakref gadget " +
    "hlp hta inf jar jnlp js jse ksh mobileconfig mpkg msc msi msix msixbundle msp mst ocx pif pkg pl ps1 psc1 psd1 psm1 py pyc pyw pyz rb reg rpm " +
    "run scpt scr sct sh shb shs snap sys terminal tool vb vbe vbs workflow ws wsc wsf wsh xapk xll zsh",
  shortcut: "desktop fileloc inetloc library-ms lnk scf search-ms searchconnector-ms settingcontent-ms theme themepack url webloc website",
  macros: "accda accdb accde accdr docm dotm mdb mde one onepkg potm ppam ppsm pptm sldm xla xlam xlsb xlsm xltm",
  page: "htm html mht mhtml shtml svg svgz xht xhtml",
  disk: "dmg img iso udf vhd vhdx",
};

/** What people take for a document: behind one of these another ending is not expected. */
const DOCUMENTS =
  "7z avi avif bmp csv doc docx eml epub flac gif heic jpeg jpg json key m4a md mkv mov mp3 mp4 numbers odp ods odt ogg opus pages pdf png " +
  "ppt pptx rar rtf tif tiff txt wav webm webp xls xlsx xml zip";

const does = new Map(Object.entries(ENDINGS).flatMap(([kind, all]) => all.split(" ").map((ending) => [ending, kind as Does] as const)));
const documents = new Set(DOCUMENTS.split(" "));
const looks = new Map([...does.keys(), ...documents].map((ending) => [fold(ending), ending]));

/** What is worth saying of a file called `name`; nothing of most. */
export function verdictOf(name: string): Verdict | null {
  const [stem, ending] = cut(name);
  if (ending === "" || documents.has(ending)) return null;
  const kind = does.get(ending);
  if (kind === undefined) {
    const like = looks.get(fold(ending));
    return like === undefined ? null : { kind: "look-alike", like };
  }
  const [, before] = cut(stem);
  const like = documents.has(before) ? before : looks.get(fold(before));
  return like !== undefined && documents.has(like) ? { kind: "double", ending, like } : { kind, ending };
}

/** A name before and after its last dot. Windows takes no notice of dots and spaces at its end. */
function cut(name: string): [stem: string, ending: string] {
  const plain = name.replace(/[.\s\p{Z}]+$/u, "");
  const dot = plain.lastIndexOf(".");
  return dot < 0 ? [plain, ""] : [plain.slice(0, dot), plain.slice(dot + 1).trim().toLowerCase()];
}
