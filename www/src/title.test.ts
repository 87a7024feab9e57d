import { describe, expect, it } from "vitest";
import { direct, file, have, inside, member, played, room, said, serving, stands } from "./made";
import type { Event, LocalEvent } from "./state";
import { titleOf } from "./title";

type Told = (Event | LocalEvent)[];

const progress = (verified: number): Event => ({ type: "Progress", room, file, verified, rate: 1, remaining: null });
const away: Told = [{ type: "Looking", away: true }];
const title = (...events: Told) => titleOf(played(events));
const receiving: Told = [...inside, ...away, stands({ type: "Receiving" }), progress(64)];

describe("the title of a tab in the background", () => {
  it("is the program's name while somebody looks, whatever runs", () => {
    expect(title()).toBe("Linkspan");
    expect(title(...inside, stands({ type: "Receiving" }), progress(64), said("m", 2, "anna"))).toBe("Linkspan");
    expect(title(...receiving, said("m", 2, "anna"), { type: "Looking", away: false })).toBe("Linkspan");
  });

  it("says how far a transfer is, to me or from me", () => {
    expect(title(...receiving)).toBe("64 % · a.bin");
    expect(title(...serving, ...away, have("ben", 25))).toBe("25 % · a.bin");
    const second: Event = { type: "Shared", room, share: "s2", author: "anna", order: 2, files: [{ name: "b", size: 100 }] };
    expect(title(...receiving, second, { type: "FileChanged", room, file: { share: "s2", index: 0 }, state: { type: "Receiving" } })).toBe("32 % · 2 files");
  });

  it("says that a file is complete, and only of one that became so meanwhile", () => {
    expect(title(...receiving, stands({ type: "Done", root: "00" }))).toBe("✓ a.bin");
    expect(title(...inside, ...away, stands({ type: "Done", root: "00" })), "found again").toBe("Linkspan");
  });

  it("says who said what, before how far a transfer is, and a knock before all", () => {
    expect(title(...receiving, said("m", 2, "anna"), said("n", 3, "anna"))).toMatch(/^\(2\) anna: /);
    expect(title(...receiving, said("m", 2, "anna"), said("m", 2, "anna")), "the same again").toMatch(/^\(1\) /);
    expect(title(...receiving, said("m", 2, "ben")), "one's own").toBe("64 % · a.bin");
    const knock: Event = { type: "Knocked", room, knock: 1, member: "caro", name: "Caro", sas: "123456", vanished: 0 };
    expect(title(...serving, ...away, said("m", 2, "ben"), knock)).toBe("(1) Caro wants to come in · Linkspan");
  });

  it("is cut where a tab cannot show it, between letters", () => {
    const long: Event = { type: "Said", room, entry: "l", author: "anna", order: 9, text: `⚓\n${"🐙".repeat(99)}`, sentAt: 0 };
    expect(title(...inside, ...away, long)).toBe(`(1) anna: ⚓ ${"🐙".repeat(58)}`);
    expect(title(...inside, member("anna", "ben"), direct("anna"), ...away, { type: "Looking", away: true }, long)).toMatch(/^\(1\)/);
  });
});
