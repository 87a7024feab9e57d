/** What a person would lose: a file under a name that nobody showed, or two files that look like one. */
import { describe, expect, it } from "vitest";
import { diskName, MAX_DISK_NAME, named, type Rules } from "./filenames";

const names = (files: readonly string[], taken: readonly string[] = []) => named(files.map((name) => new File([name], name)), taken).map(({ name }) => name);

describe("the name on the disk", () => {
  // As the browsers themselves answered, asked one by one.
  const answered: [name: string, chromium: string, firefox: string][] = [
    ["harbour survey (final).tar.gz", "harbour survey (final).tar.gz", "harbour survey (final).tar.gz"],
    ["blää.txt", "blää.txt", "blää.txt"],
    [".gitignore", "gitignore", "gitignore"],
    ["..a", "a", "a"],
    ["._a", "_a", "_a"],
    ["~$Budget.xlsx", "_$Budget.xlsx", "~$Budget.xlsx"],
    ["~~a~", "_~a_", "~~a~"],
    [".~a", "_a", "~a"],
    ["100%.txt", "100%.txt", "100_.txt"],
    ["Dr. Who. A film.pdf", "Dr. Who. A film.pdf", "Dr. Who. A film.pdf"],
    ["Dr. Who", "Dr. Who", "Dr.Who"],
    ["two  blanks.txt", "two  blanks.txt", "two blanks.txt"],
    ["no\u00a0break.txt", "no\u00a0break.txt", "no break.txt"],
    ["👩🏽\u200d💻.png", "👩🏽_💻.png", "👩🏽_💻.png"],
    ["نام\u200cه.txt", "نام_ه.txt", "نام_ه.txt"],
    ["x.lnk", "x.lnk", "x.lnk.download"],
    ["x.LOCAL", "x.LOCAL", "x.LOCAL.download"],
    ["x.desktop", "x.desktop", "x.desktop.download"],
    ["__", "download", "__"],
  ];

  it.each(answered)("of %s is the one that each browser gives it", (name, chromium, firefox) => {
    expect(diskName(name, "chromium", false)).toBe(chromium);
    expect(diskName(name, "firefox", false)).toBe(firefox);
  });

  it("is one that is kept, whoever's rules: asked for again it stays", () => {
    for (const rules of ["chromium", "firefox", "both"] satisfies Rules[]) {
      for (const windows of [false, true]) {
        for (const [name] of answered) {
          const kept = diskName(name, rules, windows);
          expect(diskName(kept, rules, windows), name).toBe(kept);
        }
      }
    }
    expect(diskName("~100%.lnk", "both", false), "by neither's rule changed").toBe("_100_.lnk.download");
  });

  it("is nothing that Windows acts upon", () => {
    expect(diskName("Desktop.ini", "chromium", true)).toBe("_Desktop.ini");
    expect(diskName("x.lnk", "chromium", true)).toBe("x.lnk.download");
    expect(diskName("x.{21EC2020-3AEA-1069-A2DD-08002B30309D}", "chromium", true)).toMatch(/\.download$/);
  });

  it("keeps its extension when it is too long, and what fits is left alone", () => {
    const longest = "x".repeat(MAX_DISK_NAME - 4) + ".txt";
    expect(diskName(longest, "chromium", false)).toBe(longest);
    expect(diskName(`x${longest}`, "chromium", false)).toBe(longest);
    expect(diskName("🎉".repeat(60) + ".tar.gz", "firefox", false)).toBe("🎉".repeat(58) + ".tar.gz");
  });
});

describe("the name of a file that is shared", () => {
  it("is composed, and the twin gets a number", () => {
    expect(names(["bla\u0308.txt", "bl\u00e4.txt"])).toEqual(["bl\u00e4.txt", "bl\u00e4 (2).txt"]);
    expect(names(["bla\u0308.tar.gz"], ["BL\u00c4.tar.gz", "bl\u00e4 (2).tar.gz"])).toEqual(["bl\u00e4 (3).tar.gz"]);
    expect(names([".env", ".env", "a.", "a."])).toEqual([".env", ".env (2)", "a.", "a. (2)"]);
  });

  it("leaves a file alone that has it, and costs no other one anything of itself", async () => {
    const file = new File(["x"], "a.txt", { type: "text/x-own", lastModified: 7 });
    expect(named([file], [])).toEqual([file]);
    const [twin] = named([file], ["A.TXT"]);
    expect(twin).toMatchObject({ name: "a (2).txt", type: "text/x-own", lastModified: 7, size: 1 });
    expect(await twin?.text()).toBe("x");
  });
});
