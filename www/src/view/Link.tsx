/** The link: largest thing while waiting, a chip in the top line afterwards. QR code drawn from its plain matrix. */
import encodeQR from "qr";
import { useMemo, useRef, useState } from "preact/hooks";
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

/** Unfolds in place; on phones a sheet at the foot. */
export function QrButton({ address }: { address: string }) {
  const [open, setOpen] = useState(false);
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
  const [size, path] = useMemo(() => {
    const rows = encodeQR(address, "raw", { border: 4 });
    const dark = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : "")));
    return [rows.length, dark.join("")];
  }, [address]);
  // Dark on light in every theme: many cameras cannot read the inverse.
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={text.link.qr} shape-rendering="crispEdges">
      <rect width={size} height={size} class="qr-paper" />
      <path d={path} class="qr-ink" />
    </svg>
  );
}
