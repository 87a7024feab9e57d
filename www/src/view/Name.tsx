/** The one field for one's own name, with the engine's limits. */
import { text } from "../text";

/** Longest name, in characters; the engine's MAX_NAME. */
export const MAX_NAME = 40;

interface Props {
  value: string;
  onInput: (value: string) => void;
  hint?: string;
}

export function NameField({ value, onInput, hint }: Props) {
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
        maxLength={MAX_NAME}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
