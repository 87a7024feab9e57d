/** What a person would lose: a file that arrives empty because a browser did not find it. */
import { describe, expect, it } from "vitest";
import { check, MAX_FILES } from "./offer";

/** As a browser hands over what it does not find by its name: empty, readable, and always of this moment. */
function lost(name: string): File {
  return Object.defineProperty(new File([], name), "lastModified", { get: () => Date.now() });
}

describe("what is checked before it is shared", () => {
  it("is not a file that the browser does not find, nor none at all", async () => {
    const whole = new File(["x"], "a.txt");
    expect(await check([whole, lost("testã.txt")])).toEqual({ problem: { kind: "not-found", name: "testã.txt" } });
    expect(await check([])).toEqual({ problem: { kind: "no-files" } });
  });

  it("may be empty, whenever it was made, by whatever clock", async () => {
    for (const lastModified of [0, Date.now(), Date.now() + 60_000]) {
      const empty = new File([], "empty.txt", { lastModified });
      expect(await check([empty])).toEqual({ files: [empty] });
    }
  });

  it("is at most so many files", async () => {
    const files = Array.from({ length: MAX_FILES }, (_, index) => new File(["x"], `${index}.txt`));
    expect(await check(files)).toEqual({ files });
    expect(await check([...files, new File([], "more.txt")])).toEqual({ problem: { kind: "too-many", most: MAX_FILES } });
  });
});
