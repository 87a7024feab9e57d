/** What a view may ask for: a command of the engine, or something that concerns the page alone. */
import type { Command, Copy, LocalEvent } from "./state";

export type Action =
  | Command
  | Extract<LocalEvent, { type: "ChatFirst" | "Composed" | "Overlong" | "Early" | "Asking" | "Problem" }>
  /** Give the browser a finished copy to download, once more. */
  | { type: "HandOver"; copy: Copy }
  /** Files that the person picked, pasted or dropped: checked, then shared. `maybeMore` were meant than came. */
  | { type: "Offer"; files: readonly File[]; maybeMore?: boolean }
  /** Leave the room's address and begin with a room of one's own. */
  | { type: "StartOver" }
  /** Begin anew as somebody who is not the person of the browser's other tabs. */
  | { type: "BeSomebodyElse" }
  | { type: "Reload" }
  | { type: "UseHttps" };

export type Send = (action: Action) => void;
