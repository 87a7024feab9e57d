/**
 * What the page remembers: between visits the person's name, over a reload of this tab the files that were on their
 * way, and whom it is if somebody else came in here. Storage may throw; then nothing is.
 */
import { isTaken } from "./names";
import type { Interrupted } from "./state";

const NAME = "linkspan name";
const ON_THE_WAY = "linkspan on the way";
const SOMEBODY_ELSE = "linkspan somebody else";
/** Of a tab's own name for itself, which nobody may guess. */
const TAB_BYTES = 16;

/** By the tab's own name: who it is in the room of one link. */
interface SomebodyElse {
  tab: string;
  link: string;
}

export function rememberedName(): string {
  try {
    const name = names().getItem(NAME) ?? "";
    // One that was good before the page had another word.
    return isTaken(name) ? "" : name;
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    names().setItem(NAME, name);
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

/** The name of this tab, if it is somebody else than the browser's person in the room of the address bar's link. */
export function somebodyElse(): string | null {
  try {
    const stored = JSON.parse(sessionStorage.getItem(SOMEBODY_ELSE) ?? "null") as SomebodyElse | null;
    return stored !== null && stored.link === linkHere() ? stored.tab : null;
  } catch {
    return null;
  }
}

/** From the next load on this tab is somebody new. What a copied tab remembers is another's. */
export function becomeSomebodyElse(): void {
  const bytes = crypto.getRandomValues(new Uint8Array(TAB_BYTES));
  const tab = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.clear();
  rememberSomebodyElse(tab);
}

/** The address bar holds another link to the same room now. */
export function rememberSomebodyElse(tab: string): void {
  sessionStorage.setItem(SOMEBODY_ELSE, JSON.stringify({ tab, link: linkHere() } satisfies SomebodyElse));
}

/** Whether the browser is set to keep nothing of this page: then it also denies having storage. A private window does not. */
export function keepsNothing(): boolean {
  try {
    localStorage.getItem(NAME);
    return !navigator.cookieEnabled;
  } catch {
    return true;
  }
}

/** Somebody else has a name of its own. */
function names(): Storage {
  return somebodyElse() === null ? localStorage : sessionStorage;
}

function linkHere(): string {
  return location.hash.slice(1);
}
