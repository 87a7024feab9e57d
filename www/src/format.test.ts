/** Words that must not lie: sizes, percents and names. */
import { describe, expect, it } from "vitest";
import { bytes, bytesOf, duration, initials, nameParts, percent, visible } from "./format";

describe("numbers", () => {
  it("are rounded to what a person can compare", () => {
    expect([0, 999, 1000, 48_300_000, 999_960_000, 2_140_000_000].map(bytes)).toEqual(["0 B", "999 B", "1.0 kB", "48.3 MB", "1.0 GB", "2.1 GB"]);
    expect(bytesOf(512_000, 48_300_000)).toBe("0.5 of 48.3 MB");
    expect([0.2, 59, 61, 3700].map(duration)).toEqual(["1 s", "59 s", "1 min", "1 h 2 min"]);
    expect([59.7, 3599, 7199, 86_399].map(duration), "never sixty of a unit").toEqual(["1 min", "1 h 0 min", "2 h 0 min", "24 h 0 min"]);
  });

  it("say 100 percent only of the whole, and 0 only of nothing", () => {
    expect([percent(0, 1000), percent(1, 1000), percent(999, 1000), percent(1000, 1000), percent(0, 0)]).toEqual([0, 1, 99, 100, 100]);
  });
});

describe("names", () => {
  it("show what would make them lie", () => {
    expect(visible("cod\u202egpj.exe")).toBe("cod⟨202E⟩gpj.exe");
    expect(visible("a\u0000b\u200bc")).toBe("a⟨0000⟩b⟨200B⟩c");
    expect(visible("👩‍🚀 rapport für Zoë\n")).toBe("👩‍🚀 rapport für Zoë\n");
  });

  it("always keep the real extension in view", () => {
    expect(nameParts("holiday-picture.jpg.exe")).toEqual(["holiday-picture.jpg", ".exe"]);
    expect(nameParts("تقرير 2026.pdf")).toEqual(["تقرير 2026", ".pdf"]);
    expect(nameParts(".profile")).toEqual([".profile", ""]);
    expect(nameParts("x")).toEqual(["x", ""]);
  });

  it("become at most two letters, an emoji being one", () => {
    expect(["Anna Berg", "ben", "  ", "👩‍🚀 Zoë"].map(initials)).toEqual(["AB", "B", "·", "👩‍🚀Z"]);
  });
});
