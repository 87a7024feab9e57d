/** Dragging, dropping and pasting anywhere on the page. Turns them into local events and actions, decides nothing. */
import type { Action } from "./action";
import { folderIn } from "./offer";
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
    if (editable(event.target) && event.dataTransfer.files.length === 0) return;
    // Never let the browser open what was dropped in place of the room.
    event.preventDefault();
    take(event.dataTransfer, tell);
  });
  addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (data === null) return;
    if (data.files.length === 0 && editable(event.target)) return;
    event.preventDefault();
    take(data, tell);
  });
}

function take(data: DataTransfer, tell: Tell): void {
  const folder = folderIn(data);
  if (folder !== null) {
    tell({ type: "Problem", problem: { kind: "folder", name: folder } });
  } else if (data.files.length > 0) {
    tell({ type: "Offer", files: [...data.files] });
  } else {
    const text = data.getData("text/plain") || data.getData("text/uri-list");
    if (text !== "") tell({ type: "Insert", text });
  }
}

function concerns(data: DataTransfer | null): data is DataTransfer {
  return data !== null && (data.types.includes("Files") || data.types.includes("text/plain"));
}

/** How many files; their names are told at the drop only. Some browsers tell not even the number. */
function draggingIn(data: DataTransfer): Dragging {
  const files = [...data.items].filter((item) => item.kind === "file").length;
  return { files, text: !data.types.includes("Files") };
}

function editable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, input:not([readonly])"));
}
