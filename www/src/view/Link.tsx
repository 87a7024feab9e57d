/** The link: largest thing while waiting, a chip in the top line afterwards. QR code drawn from its plain matrix. */
import type encodeQR from "qr";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { text } from "../text";
import { Announced, Tick } from "./Copied";
import { useCopy } from "./hooks";

export function LinkField({ address, small }: { address: string; small?: boolean }) {
  return (
    <input
      class={small === true ? "link small" : "link"}
      aria-label={text.link.field}
      readOnly
      translate={false}
      value={address}
      onFocus={(event) => event.currentTarget.select()}
    />
  );
}

/** The waiting host's panel. */
export function LinkPanel({ address, loopback }: { address: string; loopback: boolean }) {
  const panel = useRef<HTMLElement>(null);
  const [refused, setRefused] = useState(false);
  const [copied, copy] = useCopy(() => {
    setRefused(true);
    panel.current?.querySelector("input")?.focus();
  });
  return (
    <section class="hero" ref={panel}>
      <h2>{text.link.title}</h2>
      <LinkField address={address} />
      <div class="actions">
        <button class="accent" type="button" onClick={() => copy(address)}>
          {text.link.copy}
          <Tick shown={copied} />
        </button>
        <SendButton address={address} />
        <QrButton address={address} />
      </div>
      <Announced shown={copied} />
      <p class="quiet" aria-live="polite">
        {refused ? text.link.selected : loopback ? text.link.loopback : text.link.keepOpen}
      </p>
    </section>
  );
}

/** The chip; `select` shows the link selected where copying is refused. */
export function CopyLink({ address, select }: { address: string; select: () => void }) {
  const [copied, copy] = useCopy(select);
  return (
    <>
      <button class="chip" type="button" onClick={() => copy(address)}>
        {text.link.copy}
        <Tick shown={copied} />
      </button>
      <Announced shown={copied} />
    </>
  );
}

/** The system's share sheet, where there is one. */
export function SendButton({ address }: { address: string }) {
  const able = typeof navigator.share === "function" && matchMedia("(pointer: coarse)").matches;
  if (!able) return null;
  // A rejection means that the person closed the sheet: nothing to say.
  const send = () => void navigator.share({ url: address }).catch(() => undefined);
  return (
    <button type="button" onClick={send}>
      {text.link.send}
    </button>
  );
}

/** No part of a first visit: it is a fortieth of all that is loaded, and few look at a code. */
const encoder = async () => (await import("qr")).default;

/** Unfolds in place; on phones a sheet at the foot. */
export function QrButton({ address }: { address: string }) {
  const [open, setOpen] = useState(false);
  // Beforehand: the server may be away when it is wanted. What has failed once some browsers never try again.
  useEffect(() => void encoder().catch(() => undefined), []);
  return (
    <>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? text.link.hideQr : text.link.showQr}
      </button>
      {open && (
        <div class="qr-sheet">
          <Qr address={address} />
          <button class="sheet-close" type="button" onClick={() => setOpen(false)}>
            {text.room.close}
          </button>
        </div>
      )}
    </>
  );
}

function Qr({ address }: { address: string }) {
  const [encode, setEncode] = useState<{ encode: typeof encodeQR } | "failed" | null>(null);
  useEffect(() => {
    let shown = true;
    const set = (value: { encode: typeof encodeQR } | "failed") => {
      if (shown) setEncode(value);
    };
    encoder().then((encode) => set({ encode }), () => set("failed"));
    return () => void (shown = false);
  }, []);
  if (encode === null) return null;
  if (encode === "failed") return <p role="alert">{text.link.noQr}</p>;
  return <Code address={address} encode={encode.encode} />;
}

function Code({ address, encode }: { address: string; encode: typeof encodeQR }) {
  const [size, path] = useMemo(() => {
    const rows = encode(address, "raw", { border: 4 });
    const dark = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : "")));
    return [rows.length, dark.join("")];
  }, [address, encode]);
  // Dark on light in every theme: many cameras cannot read the inverse.
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={text.link.qr} shape-rendering="crispEdges">
      <rect width={size} height={size} class="qr-paper" />
      <path d={path} class="qr-ink" />
    </svg>
  );
}
