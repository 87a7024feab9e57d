/** That something was copied: seen as a tick, and said aloud. */
import { text } from "../text";

/** Says that it worked, without changing the name of the button it stands in; `Announced` says it aloud. */
export function Tick({ shown }: { shown: boolean }) {
  return shown ? <span aria-hidden="true"> ✓</span> : null;
}

/** For who cannot see the tick. */
export function Announced({ shown }: { shown: boolean }) {
  return (
    <span class="unseen" aria-live="polite">
      {shown ? text.link.copied : ""}
    </span>
  );
}
