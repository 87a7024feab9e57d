/** Whom a person would let in, believe or send a file to, if a name could pass for another's or for the page's own word. */
import { describe, expect, it } from "vitest";
import { hosting, played, room } from "./made";
import { fold, isTaken, knockerInParts, knockerOf, nameOf, namesOf, plainName, suffix } from "./names";
import type { Event, Room } from "./state";
import { PERSON_WORDS, text } from "./text";

const anna = "a".repeat(60) + "4f2a";
const ben = "b".repeat(60) + "9c01";
const caro = "c".repeat(60) + "77de";
const is = (member: string, name: string, more: Partial<Extract<Event, { type: "MemberChanged" }>> = {}): Event => ({
  type: "MemberChanged", room, member, name, host: member === anna, me: false, admittedBy: null, left: false, forked: false, ...more,
});
const withPeople = (...events: Event[]): Room => played([hosting, ...events]).room ?? raise();
/** Without what keeps a key in one piece. */
const legible = (name: string) => name.replaceAll("\u00a0", " ").replaceAll("\u2060", "");
const called = (...events: Event[]) => [...namesOf(withPeople(...events).people).values()].map(legible);
const knocking = (member: string, name: string, knock = 1): Event => ({ type: "Knocked", room, knock, member, name, sas: "123456", vanished: 0 });

describe("a name", () => {
  it("is shown as it was given, with what would make it lie in view", () => {
    expect(called(is(anna, "Anna Berg"), is(ben, " Ben "), is(caro, "a\u202eb"))).toEqual(["Anna Berg", "Ben", "a⟨202E⟩b"]);
  });

  it("that nobody gave is the page's word for who has it", () => {
    expect(called(is(anna, ""), is(ben, " "))).toEqual([text.host, text.someone]);
    expect(nameOf(new Map(), ben), "said by nobody whom the page knows").toBe(text.someone);
  });

  it("that is a word of the page is shown as a guest's, with two bytes of the key", () => {
    for (const name of ["Host", "you", "SOMEBODY", "Them", "The host", "Everybody", "Linkspan", "Guest", "Guest 4F2A"]) {
      expect(called(is(ben, name)), name).toEqual(["Guest 9C01"]);
    }
    expect(called(is(anna, "Host")), "also the host's own").toEqual(["Guest 4F2A"]);
  });

  it("that looks like a word of the page is one, whatever it is written with", () => {
    const written = [
      "Нost", "Hοst", "H0st", "Ноѕт", "Ｈｏｓｔ", "𝐇𝐨𝐬𝐭", "Hóst", "Ho\u200bst", "H\u00adost", "Ho st", "-Host-", "Host.", "♛ Host", "(Host)", "Host\u3164",
      "Уоu", "Yοu", "Y0u", "Anna (You)", "Host (HR)", "Anna [host]", "Anna （You）", "Ѕomebody", "5omebody\u2800".replace("5", "S"), "Everуbody", "Ꮋost", "ꓧost",
    ];
    for (const name of written) expect(isTaken(name), name).toBe(true);
  });

  it("that passes for the page's own mark of a key is nobody's", () => {
    for (const name of ["Anna (key …4f2a)", "Anna (kеy ...4F2A)", "Anna key …4f2a", "Guest O123", "Anna [key 4f2a]"]) expect(isTaken(name), name).toBe(true);
  });

  it("that only holds such a word is somebody's", () => {
    const names = ["Hostettler", "Youssef", "Anna Host", "Theo", "Keyla", "Mickey Dolla", "Guesthouse Berg", "Guest 12", "Thembi", "Me-li", "Anna (HR)", "L", "Yu", "李", "🌊", "Ñandú"];
    for (const name of names) expect(isTaken(name), name).toBe(false);
  });

  it("with nothing to see in it is a guest's", () => {
    for (const name of ["\u3164", "\u2800\u2800", "\u200b", "\u115f \u1160"]) expect(called(is(ben, name)), JSON.stringify(name)).toEqual(["Guest 9C01"]);
  });
});

describe("names", () => {
  it("are worked out once for as long as the people are the same", () => {
    const { people } = withPeople(is(ben, "Ben"));
    expect(namesOf(people)).toBe(namesOf(people));
  });
});

describe("the page's words for people", () => {
  it("are all taken, in every language", () => {
    const words = Object.values(PERSON_WORDS).flat();
    expect(words).toEqual(expect.arrayContaining([text.you, text.them, text.host, text.someone, text.name]));
    for (const word of words) expect(isTaken(word), word).toBe(true);
  });
});

describe("two of one name", () => {
  it("are told apart by their keys, everywhere", () => {
    expect(called(is(anna, "Anna"), is(ben, "Ben"), is(caro, "Ben"))).toEqual(["Anna", "Ben (key …9c01)", "Ben (key …77de)"]);
  });

  it("are of one name when they look it: case, accents, spaces, invisible marks, other scripts", () => {
    const pairs: [string, string][] = [
      ["Anna Berg", "anna berg"], ["Zoë", "Zoe"], ["Anna Berg", "Anna  Berg"], ["Anna", "Anna."], ["Anna", "An\u200dna"], ["Anna", "Аnnа"], ["Otto", "Οttο"],
      ["Otto", "0tt0"], ["Lili", "1i1i"], ["Ian", "lan"], ["Ärger", "A\u0308rger"], ["Straße", "STRASSE"], ["Œdipe", "Oedipe"], ["corner", "comer"], ["HOPE", "НОРЕ"], ["Пётр", "Петр"],
    ];
    for (const [one, other] of pairs) {
      expect(fold(one), `${one} ${other}`).toBe(fold(other));
      expect(called(is(ben, one), is(caro, other))).toEqual([`${one} (key …9c01)`, `${other} (key …77de)`]);
    }
  });

  it("are two when a person sees it", () => {
    for (const [one, other] of [["Anna", "Hanna"], ["Ben", "Bea"], ["Петр", "Павел"], ["李", "王"], ["علي", "عمر"], ["🌊", "🐙"], ["कि", "का"]] as const) {
      expect(called(is(ben, one), is(caro, other))).toEqual([one, other]);
    }
  });

  it("stay apart when one has left: what was said is still in view, and its author must not become another", () => {
    expect(called(is(ben, "Ben", { left: true }), is(caro, "Ben"))).toEqual(["Ben (key …9c01)", "Ben (key …77de)"]);
  });

  it("get more of the key when its end was chosen to be the same", () => {
    const made = "d".repeat(56) + "12349c01";
    const twin = "e".repeat(56) + "56789c01";
    expect(called(is(made, "Ben"), is(twin, "Ben"))).toEqual(["Ben (key …12349c01)", "Ben (key …56789c01)"]);
    expect(called(is(made, "Host"), is(twin, "You"))).toEqual(["Guest 9C01 (key …12349c01)", "Guest 9C01 (key …56789c01)"]);
    expect(called(is("9c01", "Ben"), is("9c01", "Ben")), "one person").toEqual(["Ben"]);
  });

  it("have the initials of their names, not of their keys", () => {
    const people = [...withPeople(is(ben, "Ben Okafor"), is(caro, "Ben Okafor")).people.values()];
    expect(people.map(plainName)).toEqual(["Ben Okafor", "Ben Okafor"]);
  });

  it("need no key while nobody has said a name", () => {
    expect(called(is(ben, ""), is(caro, " "))).toEqual([text.someone, text.someone]);
  });
});

describe("who knocks", () => {
  it("is told apart from members and from others who knock", () => {
    const at = withPeople(is(anna, "Anna"), knocking(ben, "anna"), knocking(caro, "Dan", 2));
    expect(at.knocks.map((knock) => legible(knockerOf(at, knock)))).toEqual(["anna (key …9c01)", "Dan"]);
    const two = withPeople(is(anna, "Anna"), knocking(ben, "Dan"), knocking(caro, "Dan", 2));
    expect(two.knocks.map((knock) => legible(knockerOf(two, knock)))).toEqual(["Dan (key …9c01)", "Dan (key …77de)"]);
    expect(two.knocks.map((knock) => knockerInParts(two, knock))).toEqual([{ name: "Dan", key: "9c01" }, { name: "Dan", key: "77de" }]);
    expect(at.knocks.map((knock) => knockerInParts(at, knock).key)).toEqual(["9c01", ""]);
  });

  it("does not change what a member is called", () => {
    expect(nameOf(withPeople(is(anna, "Anna"), knocking(ben, "Anna")).people, anna)).toBe("Anna");
  });

  it("is not told apart from the own earlier self", () => {
    const at = withPeople(is(ben, "Ben", { left: true }), knocking(ben, "Ben"));
    expect(at.knocks.map((knock) => legible(knockerOf(at, knock)))).toEqual(["Ben"]);
  });

  it("is named also while somebody who left knocks again with the same key", () => {
    const at = withPeople(is(ben, "Ben", { left: true }), knocking(ben, "Ben"), knocking(caro, "Caro", 2));
    expect(at.knocks.map((knock) => knockerOf(at, knock))).toEqual(["Ben", "Caro"]);
  });

  it("is a guest under a word of the page", () => {
    const at = withPeople(is(anna, "Anna"), knocking(ben, "The hοst"));
    expect(at.knocks.map((knock) => legible(knockerOf(at, knock)))).toEqual(["Guest 9C01"]);
  });
});

describe("the end of a key", () => {
  it("is two bytes, or as much as is asked for", () => {
    expect([suffix(ben), suffix(ben, 8)]).toEqual(["9c01", "bbbb9c01"]);
  });
});

function raise(): never {
  throw new Error("there is a room");
}
