/** No file of the page imports, through whatever others, one that imports it; types count like everything else. */
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** The text of every file that people wrote, by its path. */
const written: Record<string, string> = import.meta.glob(["./**/*.{ts,tsx}", "!./pkg/**"], {
  eager: true,
  query: "?raw",
  import: "default",
});

/** The files that `path` imports: those of ours, whether at once, for their types or when they are needed. */
function imported(path: string, files: Record<string, string>): string[] {
  const named = ts.preProcessFile(files[path] ?? "", true, true).importedFiles.map((file) => file.fileName);
  const own = named.filter((name) => name.startsWith(".")).map((name) => new URL(name, `file:///${path}`).pathname);
  const ways = own.flatMap((name) => [name, `${name}.ts`, `${name}.tsx`]).map((name) => `.${name}`);
  return ways.filter((way) => way in files);
}

/** One line for each file that a way leads back to: the shortest such way. */
function circles(files: Record<string, string>): string[] {
  const of = new Map(Object.keys(files).map((path) => [path, imported(path, files)]));
  const back = (start: string): string[] | undefined => {
    const ways = [[start]];
    const seen = new Set<string>();
    for (const way of ways) {
      for (const next of of.get(way.at(-1) ?? "") ?? []) {
        if (next === start) return [...way, next];
        if (!seen.has(next)) ways.push([...way, next]);
        seen.add(next);
      }
    }
    return undefined;
  };
  return [...of.keys()].flatMap((path) => back(path)?.join(" → ") ?? []);
}

describe("imports", () => {
  it("go in one direction", () => {
    expect(imported("./reduce.test.ts", written)).toContain("./state.ts");
    expect(circles(written)).toEqual([]);
  });

  it("that lead back are found, whatever their kind", () => {
    const made = (c: string): Record<string, string> => ({
      "./a.ts": 'import { b } from "./view/b";\nimport "preact";',
      "./view/b.tsx": '/* import "../a" */ export type { C } from "../c";',
      "./c.ts": c,
    });
    for (const way of ['import type { A } from "./a";', 'const a = await import("./a");', 'export * from "./a.ts";']) {
      expect(circles(made(way))).toContain("./a.ts → ./view/b.tsx → ./c.ts → ./a.ts");
    }
    expect(circles(made('// import "./a";\nimport "./d";'))).toEqual([]);
  });
});
