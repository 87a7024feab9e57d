/**
 * What the page remembers: between visits the person's name, over a reload of this tab the files that were on their
 * way. Storage may throw in private windows; then nothing is.
 */
import { isTaken } from "./names";
import type { Interrupted } from "./state";

const NAME = "linkspan name";
const ON_THE_WAY = "linkspan on the way";

export function rememberedName(): string {
  try {
    const name = localStorage.getItem(NAME) ?? "";
    // One that was good before the page had another word.
    return isTaken(name) ? "" : name;
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // A private window: the name is asked again next time, which is what the person wants there.
  }
}

export function rememberedOnTheWay(): Interrupted {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(ON_THE_WAY) ?? "[]");
    return new Map(Array.isArray(stored) ? (stored as [string, boolean][]) : []);
  } catch {
    return new Map();
  }
}

export function rememberOnTheWay(files: Interrupted): void {
  try {
    if (files.size === 0) sessionStorage.removeItem(ON_THE_WAY);
    else sessionStorage.setItem(ON_THE_WAY, JSON.stringify([...files]));
  } catch {
    // A private window: after a reload the person presses *Save* again.
  }
}
