/** Dragging, dropping and pasting anywhere on the page. Turns them into local events and actions, decides nothing. */
import type { Action } from "./action";
import { given } from "./given";
import { folderIn, MAX_FIELD } from "./offer";
import type { Dragging, LocalEvent } from "./state";

type Tell = (event: Extract<LocalEvent, { type: "Dragging" }> | Extract<Action, { type: "Offer" | "Problem" }> | { type: "Insert"; text: string }) => void;

export function installGestures(tell: Tell): void {
  // Events of the elements below come in pairs, leave after enter: the page is left when the count is even again.
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!concerns(event.dataTransfer)) return;
    event.preventDefault();
    depth += 1;
    tell({ type: "Dragging", dragging: draggingIn(event.dataTransfer) });
  });
  addEventListener("dragover", (event) => {
    if (!concerns(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (!concerns(event.dataTransfer)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) tell({ type: "Dragging", dragging: null });
  });
  addEventListener("drop", (event) => {
    if (!concerns(event.dataTransfer)) return;
    depth = 0;
    tell({ type: "Dragging", dragging: null });
    if (editable(event.target) && event.dataTransfer.files.length === 0 && !tooLong(event.dataTransfer)) return;
    // Never let the browser open what was dropped in place of the room.
    event.preventDefault();
    if (event.dataTransfer.types.length === 0) tell({ type: "Offer", files: [] });
    else take(event.dataTransfer, tell);
  });
  addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (data === null) return;
    // What the browser would paste itself stays its own, because that can be undone.
    const what = given(data);
    if (editable(event.target) && (what === null || ("text" in what && what.text === data.getData("text/plain") && !tooLong(data)))) return;
    event.preventDefault();
    take(data, tell, true);
  });
}

function take(data: DataTransfer, tell: Tell, pasted = false): void {
  const folder = folderIn(data);
  if (folder !== null) {
    tell({ type: "Problem", problem: { kind: "folder", name: folder } });
    return;
  }
  const what = given(data);
  if (what === null) {
    // Something was meant, and the browser does not find it.
    if (data.types.includes("Files")) tell({ type: "Offer", files: [] });
  } else if ("files" in what) tell({ type: "Offer", files: what.files, maybeMore: pasted && HANDS_OVER_ONE && isCopiedFile(what.files) });
  else tell({ type: "Insert", text: what.text });
}

/** Firefox hands over one of the files that were copied, and nothing but its name tells which browser it is. */
const HANDS_OVER_ONE = navigator.userAgent.includes("Firefox/");

/** One file, and not a picture from the clipboard, which browsers call so. */
function isCopiedFile(files: readonly File[]): boolean {
  return files.length === 1 && files[0]?.name !== "image.png";
}

function concerns(data: DataTransfer | null): data is DataTransfer {
  // Files whose names the browser lost leave nothing at all behind: that must not pass in silence.
  return data !== null && (data.types.length === 0 || data.types.includes("Files") || data.types.includes("text/plain"));
}

/** How many files; their names are told at the drop only. Some browsers tell not even the number. */
function draggingIn(data: DataTransfer): Dragging {
  const files = [...data.items].filter((item) => item.kind === "file").length;
  return { files, text: !data.types.includes("Files") };
}

/** What would make the browser's own field stop the page. */
function tooLong(data: DataTransfer): boolean {
  return data.getData("text/plain").length > MAX_FIELD;
}

function editable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, input:not([readonly])"));
}
