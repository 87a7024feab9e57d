/** That this window keeps no files, and why if that is known. */
import type { State } from "../state";
import { text } from "../text";

export function Storage({ state }: { state: State }) {
  if (state.persistent !== false) return null;
  return <p class="storage">{state.here.keepsNothing ? text.storage.blocked : text.storage.missing}</p>;
}
