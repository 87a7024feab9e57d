/** What is being dragged, in words: over the room as a veil, on the quay in place of the title. */
import type { Dragging } from "../state";
import { text } from "../text";

interface Words {
  words: string;
  more: string;
}

export function veilOf(dragging: Dragging, who: string | null): Words {
  if (dragging.files === 0 && dragging.text) return { words: text.drag.text, more: text.drag.thenText };
  return { words: text.drag.files(dragging.files), more: text.drag.then(who) };
}

export function Veil({ words, more }: Words) {
  return (
    <div class="veil" aria-live="polite">
      <p class="big">{words}</p>
      <p>{more}</p>
    </div>
  );
}
