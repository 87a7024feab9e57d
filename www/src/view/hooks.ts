/** Small things that several views need from the browser. None of them knows the protocol. */
import { useEffect, useRef, useState } from "preact/hooks";

/** False for the first half second at a `place`, so that a click meant for what stood there before does nothing. */
export function useArmed(place = 0): boolean {
  const [armed, setArmed] = useState<number | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(place), 500);
    return () => clearTimeout(timer);
  }, [place]);
  return armed === place;
}

/** Copies text, and for a moment says so; where that is refused, `select` lets the person copy by hand. */
export function useCopy(select?: () => void): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (text: string) => {
    clearTimeout(timer.current);
    writeClipboard(text).then(
      () => {
        setCopied(true);
        timer.current = window.setTimeout(() => setCopied(false), 2500);
      },
      () => {
        setCopied(false);
        select?.();
      },
    );
  };
  return [copied, copy];
}

// Async, so that a browser without a clipboard ends up in the same place as one that refuses it.
async function writeClipboard(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

/** A frame or two: nobody waits longer for what only idle time would bring. */
const IDLE_WITHIN_MS = 50;

/** Calls `act` when the browser has nothing better to do, or soon; the result calls it off. Some browsers do not tell. */
export function whenIdle(act: () => void): () => void {
  const { requestIdleCallback: idle } = globalThis as { requestIdleCallback?: typeof requestIdleCallback };
  if (idle === undefined) {
    const timer = setTimeout(act, 0);
    return () => clearTimeout(timer);
  }
  const request = idle(act, { timeout: IDLE_WITHIN_MS });
  return () => cancelIdleCallback(request);
}
