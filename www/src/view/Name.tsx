/** The one field for one's own name, with the engine's limits. */
import { useId } from "preact/hooks";
import { isolated, visible } from "../format";
import { isTaken } from "../names";
import { text } from "../text";

/** Longest name, in characters; the engine's MAX_NAME. */
export const MAX_NAME = 40;

interface Props {
  value: string;
  onInput: (value: string) => void;
  hint?: string;
}

export function NameField({ value, onInput, hint }: Props) {
  const taken = isTaken(value);
  const full = !taken && value.length >= MAX_NAME;
  const why = useId();
  return (
    <label class="name-field">
      <span>
        {text.door.name}
        {hint !== undefined && <span class="quiet"> {hint}</span>}
      </span>
      <input
        type="text"
        autocomplete="nickname"
        aria-label={text.door.name}
        aria-invalid={taken}
        aria-describedby={taken || full ? why : undefined}
        maxLength={MAX_NAME}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {taken && (
        <span class="taken" id={why} role="alert">
          {text.door.taken(isolated(visible(value.trim())))}
        </span>
      )}
      {full && (
        <span class="quiet" id={why} role="status">
          {text.door.longest}
        </span>
      )}
    </label>
  );
}
