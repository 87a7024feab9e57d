/**
 * What a person means by what they paste or drop. Programs hand over one thing in several forms at once: cells as text,
 * as a table and as a picture. Reads only, shares nothing.
 */

export type Given = { readonly files: readonly File[] } | { readonly text: string };

/** What is in `data` of a `DataTransfer`, which is empty once its event is over. */
type Forms = Pick<DataTransfer, "files" | "getData">;

/** Text if there is any, as the other program's own paste would have it; files if it only names them. */
export function given(data: Forms): Given | null {
  const files = [...data.files];
  const html = data.getData("text/html");
  const text = data.getData("text/plain") || plain(html) || data.getData("text/uri-list");
  if (files.length > 0 && (text.trim() === "" || names(text, files, html))) return { files };
  return text === "" ? null : { text };
}

/** A file manager adds the paths of the files, a browser the address of the picture. Cells with an address are a table. */
function names(text: string, files: readonly File[], html: string): boolean {
  const address = html === "" || /<img\b/i.test(html) ? /^[a-z][a-z0-9+.-]*:\S+$/i : /^file:/i;
  return text
    .split(/[\r\n]+/)
    .filter((line) => line !== "")
    .every((line) => address.test(line) || files.some((file) => line.split(/[/\\]/).at(-1) === file.name));
}

/** What begins a line, and what a cell. */
const LINES = /^(?:br|p|div|li|tr|h[1-6]|pre|blockquote|dt|dd)$/;
const CELLS = /^(?:td|th)$/;
/** Whose content is not there to be read. */
const UNREAD = /^(?:style|script|title|template)$/;
const CHARACTERS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** The text of what was copied with its looks alone. Never becomes HTML here, and is read once, however long it is. */
export function plain(html: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < html.length) {
    const tag = html.indexOf("<", at);
    const until = tag < 0 ? html.length : tag;
    parts.push(characters(html.slice(at, until).replace(/[ \t\r\n]+/g, " ")));
    const comment = html.startsWith("!--", tag + 1);
    const end = tag < 0 ? -1 : html.indexOf(comment ? "-->" : ">", tag);
    if (end < 0) break;
    at = end + (comment ? 3 : 1);
    const [, closes, name = ""] = /^(\/?)([a-z][a-z0-9]*)/i.exec(html.slice(tag + 1, tag + 16).toLowerCase()) ?? [];
    if (closes === "/") continue;
    if (LINES.test(name)) parts.push("\n");
    else if (CELLS.test(name)) parts.push("\t");
    else if (UNREAD.test(name)) {
      const closing = new RegExp(`</${name}`, "gi");
      closing.lastIndex = at;
      const found = closing.exec(html);
      if (found === null) break;
      at = found.index;
    }
  }
  return parts.join("").replace(/ +/g, " ").replace(/ ?\t ?/g, "\t").replace(/ ?\n[ \t]*/g, "\n").trim();
}

function characters(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return CHARACTERS[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? parseInt(hex ?? "", 16) : parseInt(decimal, 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
