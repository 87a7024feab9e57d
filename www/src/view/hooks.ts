/** Small things that several views need from the browser. None of them knows the protocol. */
import { useEffect, useRef, useState } from "preact/hooks";

/** False for the first half second, so that a click meant for what stood here before does nothing. */
export function useArmed(): boolean {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), 500);
    return () => clearTimeout(timer);
  }, []);
  return armed;
}

export type Copied = "no" | "yes" | "select";

/** Copies text; where that is not allowed the caller shows it selected instead. The answer fades after a while. */
export function useCopy(): [Copied, (text: string) => void] {
  const [copied, setCopied] = useState<Copied>("no");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (text: string) => {
    clearTimeout(timer.current);
    writeClipboard(text).then(
      () => {
        setCopied("yes");
        timer.current = window.setTimeout(() => setCopied("no"), 2500);
      },
      () => setCopied("select"),
    );
  };
  return [copied, copy];
}

// Async, so that a browser without a clipboard ends up in the same place as one that refuses it.
async function writeClipboard(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
