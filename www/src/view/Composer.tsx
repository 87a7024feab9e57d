/** Where messages are written and files are added. Enter sends, Shift+Enter breaks, an input method keeps its Enter. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Send } from "../action";
import { bytes, utf8Length } from "../format";
import type { Room } from "../state";
import { text } from "../text";
import { ChooseFiles } from "./Choose";

/** Longest message in bytes of UTF-8; the engine's MAX_TEXT. */
export const MAX_TEXT = 8192;

export function Composer({ room, composed, send }: { room: Room; composed: string; send: Send }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const length = utf8Length(composed);
  const tooLong = length > MAX_TEXT;
  // As tall as its text, up to the limit in the style sheet.
  useLayoutEffect(() => {
    if (field.current === null) return;
    field.current.style.blockSize = "auto";
    field.current.style.blockSize = `${field.current.scrollHeight}px`;
  }, [composed]);
  const say = () => {
    if (field.current === null) return;
    // The field itself, not what the last drawing showed: keys may have come since.
    const said = field.current.value;
    if (said.trim() === "" || utf8Length(said) > MAX_TEXT) return;
    send({ type: "Say", room: room.id, text: said });
    field.current.value = "";
    send({ type: "Composed", text: "" });
    field.current.focus();
  };
  const asFile = () => {
    send({ type: "Offer", files: [new File([composed], text.message.fileName, { type: "text/plain" })] });
    send({ type: "Composed", text: "" });
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {tooLong && (
        <p class="too-long" role="alert">
          {text.message.tooLong(bytes(length), bytes(MAX_TEXT))}{" "}
          <button type="button" class="plain" onClick={asFile}>
            {text.message.asFile}
          </button>
        </p>
      )}
      <ChooseFiles label={text.room.share} send={send} kind="add" />
      <textarea
        ref={field}
        rows={1}
        aria-label={text.room.message}
        placeholder={text.room.message}
        value={composed}
        onInput={(event) => send({ type: "Composed", text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
          event.preventDefault();
          say();
        }}
      />
      <button type="submit" class="send" disabled={composed.trim() === "" || tooLong}>
        {text.room.send}
      </button>
    </form>
  );
}

/** Whether an input method still has the key. 229 says so in a browser that ends the composition before it. */
function composing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign there is in that browser
  return event.isComposing || event.keyCode === 229;
}
