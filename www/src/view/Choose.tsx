/** A button that opens the system's file picker, without any filter of types. */
import { useRef } from "preact/hooks";
import type { Send } from "../action";

export function ChooseFiles({ label, kind, send }: { label: string; kind: string; send: Send }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button class={kind} type="button" aria-label={label} onClick={() => input.current?.click()}>
        <span>{label}</span>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          send({ type: "Offer", files });
        }}
      />
    </>
  );
}
