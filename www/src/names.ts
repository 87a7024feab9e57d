/**
 * What people are called on this page, everywhere on it. A name is what its owner says, so it may be a word of the page
 * (*Host*) or look like somebody else's: the first is never shown, the second only with a piece of the owner's key.
 */
import { LOOKS_LIKE } from "./confusables";
import { visible } from "./format";
import type { Knock, Person, Room } from "./state";
import { PERSON_WORDS, text } from "./text";

/** Hexadecimal digits of a key that a name gets at least: two bytes, which a person can compare. */
const SUFFIX = 4;

/** The end of a key, in so many digits. */
export function suffix(member: string, digits = SUFFIX): string {
  return member.slice(-digits);
}

type Named = Pick<Person, "member" | "name"> & { readonly host?: boolean };
type People = Room["people"];

/** A name, and as much of its owner's key as tells it from others like it; none where it is the only one. */
export interface Called {
  readonly name: string;
  readonly key: string;
}

const known = new WeakMap<People, ReadonlyMap<string, string>>();

/** Everybody's name, by member; of those too who left, because what they said is still in view. */
export function namesOf(people: People): ReadonlyMap<string, string> {
  let names = known.get(people);
  if (names === undefined) {
    names = new Map([...apart([...people.values()])].map(([member, called]) => [member, whole(called)]));
    known.set(people, names);
  }
  return names;
}

/** What `member` is called. */
export function nameOf(people: People, member: string): string {
  return namesOf(people).get(member) ?? text.someone;
}

/** What the person who knocks is called. Who only knocks never changes what a member is called. */
export function knockerOf(room: Pick<Room, "people" | "knocks">, knock: Pick<Knock, "member" | "name">): string {
  return whole(knockerInParts(room, knock));
}

/** The same, where the key is not to stand in the name's line. */
export function knockerInParts({ people, knocks }: Pick<Room, "people" | "knocks">, knock: Pick<Knock, "member" | "name">): Called {
  const others = [...people.values(), ...knocks].filter((other) => other.member !== knock.member);
  return apart([knock, ...others]).get(knock.member) ?? { name: text.someone, key: "" };
}

/** Whether `name` is one of the page's own words for people, or passes for one: nobody may go by it. */
export function isTaken(name: string): boolean {
  const plain = bare(name);
  // What stands in brackets and before them too, because that is how the page itself tells two of one name apart.
  const parts = [plain, ...plain.split(/[()[\]{}<>⟨⟩«»]/u)].map(letters);
  const { words, madeUp, mark } = pageWords();
  return parts.some((part) => words.has(part) || madeUp.test(part)) || plain.toLowerCase().includes(mark);
}

/** Two names with the same one can be taken for each other: without case, accents, invisible marks and scripts. */
export function fold(name: string): string {
  // Three times: as it is, as capitals (a small т is a small capital T, an ß is SS), and as small letters.
  return looks(looks(bare(name).toUpperCase()).toLowerCase())
    .replace(/[i1|]/g, "l").replaceAll("0", "o").replaceAll("rn", "m").replace(/[\p{P}\p{Z}\s]/gu, "");
}

/** Whether `label`, a part of a host, can be taken for one in Latin letters that it is not. */
export function passesForLatin(label: string): boolean {
  const written = label.normalize("NFC").toLowerCase();
  if (written.search(UNSEEN) >= 0) return true;
  const seen = looks(written);
  // A word of another script that has a few such letters among its own is no disguise.
  return seen !== written && (/[a-z]/.test(written) || /^[a-z0-9-]+$/.test(seen));
}

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Script=Inherited}\p{Cc}\p{Cf}\u2800]/gu;
const LATIN = new Map(Object.entries(LOOKS_LIKE).flatMap(([latin, all]) => Array.from(all, (one) => [one, latin])));

/** Without marks, and as it looks to who reads Latin. */
function bare(name: string): string {
  return looks(name.normalize("NFKD").replace(UNSEEN, ""));
}

function looks(name: string): string {
  return Array.from(name, (one) => LATIN.get(one) ?? one).join("");
}

/** Only the letters and digits of `name`, folded: a crown beside it makes nobody a host. */
function letters(name: string): string {
  return fold(name).replace(/[^\p{L}\p{N}]/gu, "");
}

interface PageWords {
  /** In letters. */
  readonly words: ReadonlySet<string>;
  /** A made-up name or a mark of a key, in letters. */
  readonly madeUp: RegExp;
  /** The beginning of a key's mark, wherever it stands. */
  readonly mark: string;
}
let folded: PageWords | null = null;

/** Folded when the first name is looked at: it takes a slow phone longer than all else before the page is there. */
function pageWords(): PageWords {
  const key = text.knock.key("");
  folded ??= {
    words: new Set(Object.values(PERSON_WORDS).flat().map(letters)),
    madeUp: new RegExp(`^(${letters(text.guest(""))}|${letters(key)})[${letters("0123456789abcdef")}]{${SUFFIX}}$`, "u"),
    mark: bare(key).toLowerCase(),
  };
  return folded;
}

function whole({ name, key }: Called): string {
  return key === "" ? name : `${name} (${text.knock.key(key)})`;
}

/** Names by member, each told apart from all others. */
function apart(all: readonly Named[]): Map<string, Called> {
  const alike = new Map<string, Named[]>();
  for (const one of all) {
    const shape = fold(plainName(one));
    alike.set(shape, [...(alike.get(shape) ?? []), one]);
  }
  return new Map(
    [...alike.values()].flatMap((group) => group.map((one) => [one.member, { name: plainName(one), key: keyAmong(one, group) }] as const)),
  );
}

/** The name alone: what stands before the key. */
export function plainName({ member, name, host }: Named): string {
  if (name.trim() === "") return host === true ? text.host : text.someone;
  if (fold(name) === "" || isTaken(name)) return text.guest(suffix(member).toUpperCase());
  return visible(name).trim();
}

/** As many digits of the key as tell it apart from the others of its group, which may have been chosen for that. */
function keyAmong(one: Named, group: readonly Named[]): string {
  if (one.name.trim() === "" || group.length === 1) return "";
  let length = SUFFIX;
  const same = (other: Named) => other !== one && suffix(other.member, length) === suffix(one.member, length);
  while (length < one.member.length && group.some(same)) length += SUFFIX;
  return suffix(one.member, length);
}
