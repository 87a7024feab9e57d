/** How sizes, times and names are written. Pure; never HTML. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as file managers and data plans count. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

/** `12.0 of 33.6 MB`: both in the larger one's unit, so that the two can be compared at a glance. */
export function bytesOf(part: number, whole: number): string {
  const [value, unit] = bytes(whole).split(" ") as [string, string];
  const scaled = part / 1000 ** Math.max(0, UNITS.indexOf(unit as (typeof UNITS)[number]));
  return `${scaled.toFixed(value.includes(".") ? 1 : 0)} of ${value} ${unit}`;
}

/** Rounded first, so that there are never sixty of a unit. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

let time: Intl.DateTimeFormat | null = null;

export function clock(at: number): string {
  // Made once: it takes longer to make than to write a thousand times with. And not before the first message.
  time ??= new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  return time.format(at);
}

/** Percent that says 100 only when all is there, and 0 only when nothing is. */
export function percent(part: number, whole: number): number {
  if (whole === 0 || part >= whole) return 100;
  return part === 0 ? 0 : Math.min(99, Math.max(1, Math.floor((part / whole) * 100)));
}

/** Controls (but for line breaks and tabs), direction overrides and invisible marks, which can make text lie. */
const LYING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` with every character that could make it lie shown by its number. */
export function visible(text: string): string {
  return text.replace(LYING, (char) => `⟨${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/**
 * A file name in two parts, so that a narrow row may cut the first and always shows the real extension, last, in
 * whatever direction the name is written.
 */
export function nameParts(name: string): [stem: string, extension: string] {
  const shown = visible(name);
  const dot = shown.lastIndexOf(".");
  const cut = dot > 0 && shown.length - dot <= 16 ? dot : shown.length;
  return [shown.slice(0, cut), shown.slice(cut)];
}

/** `name` inside a sentence of another direction: what is written from right to left must not turn it round. */
export function isolated(name: string): string {
  return /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u.test(name) ? `\u2068${name}\u2069` : name;
}

/** At most two letters to stand for a person. */
export function initials(name: string): string {
  const words = visible(name).trim().split(/\s+/u).filter((word) => word !== "");
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return chosen.map((word) => firstLetter(word ?? "")).join("").toLocaleUpperCase() || "·";
}

/** What a person sees as one letter: an emoji of several code points is one. */
function firstLetter(word: string): string {
  // Most names need no segmenter, whose tables take a browser 20 ms to load, just when somebody comes in.
  const plain = /^[\p{Lu}\p{Ll}](?=[\p{Lu}\p{Ll}]|$)/u.exec(word);
  if (plain) return plain[0];
  for (const { segment } of new Intl.Segmenter().segment(word)) return segment;
  return "";
}

/** `123456` as `12 34 56`, to be read aloud in pairs. */
export function pairs(digits: string): string[] {
  return digits.match(/..?/g) ?? [];
}

const encoder = new TextEncoder();

/** Length as the engine counts it. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
