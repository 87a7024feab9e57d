/** Where messages are written and files are added. Enter sends, Shift+Enter breaks, an input method keeps its Enter. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Send } from "../action";
import { bytes, utf8Length } from "../format";
import { asFile, overlong as overlongOf } from "../offer";
import type { Room } from "../state";
import { text } from "../text";
import { ChooseFiles } from "./Choose";

/** Longest message in bytes of UTF-8; the engine's MAX_TEXT. */
export const MAX_TEXT = 8192;

interface Props {
  room: Room;
  composed: string;
  overlong: File | null;
  send: Send;
}

export function Composer({ room, composed, overlong, send }: Props) {
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
  const share = (file: File) => send({ type: "Offer", files: [file] });
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {overlong !== null && (
        <TooLong
          length={overlong.size}
          onShare={() => {
            share(overlong);
            send({ type: "Overlong", file: null });
          }}
          onDismiss={() => send({ type: "Overlong", file: null })}
        />
      )}
      {overlong === null && tooLong && (
        <TooLong
          length={length}
          onShare={() => {
            share(asFile(composed));
            send({ type: "Composed", text: "" });
          }}
        />
      )}
      <ChooseFiles label={text.room.share} send={send} kind="add" />
      <textarea
        ref={field}
        rows={1}
        aria-label={text.room.message}
        placeholder={text.room.message}
        value={composed}
        onInput={({ currentTarget: { value } }) => {
          // Whatever way it came: what was pasted or dropped has not got here.
          const long = overlongOf(value);
          if (long === null) send({ type: "Composed", text: value });
          else {
            if (field.current !== null) field.current.value = composed;
            send({ type: "Overlong", file: long });
          }
        }}
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

/** What is too long for a message, and the other way to send it. What stands in the field is dismissed there. */
function TooLong({ length, onShare, onDismiss }: { length: number; onShare: () => void; onDismiss?: () => void }) {
  return (
    <p class="too-long" role="alert">
      {text.message.tooLong(bytes(length), bytes(MAX_TEXT))}{" "}
      <button type="button" class="plain" onClick={onShare}>
        {text.message.asFile}
      </button>{" "}
      {onDismiss !== undefined && (
        <button type="button" class="plain" onClick={onDismiss}>
          {text.room.dismiss}
        </button>
      )}
    </p>
  );
}

/** Whether an input method still has the key. 229 says so in a browser that ends the composition before it. */
function composing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign there is in that browser
  return event.isComposing || event.keyCode === 229;
}
