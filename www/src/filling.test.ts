import { expect, test } from "vitest";
import { AT_ONCE, Filling, STEP } from "./filling";
import type { Block } from "./weave";

type Line = { first?: boolean; next?: boolean };

function blocks(count: number): Block<Line>[] {
  return Array.from({ length: count }, (_, key) => ({ key, lines: [{}], settled: true }));
}

function there(filling: Filling, of: readonly Block<Line>[]): number[] {
  return of.filter((block) => filling.has(block)).map(({ key }) => key);
}

test("what one may see is there at once, and nothing else", () => {
  const [filling, many] = [new Filling(), blocks(20)];
  expect(filling.begin(many)).toBe(true);
  expect(there(filling, many)).toEqual([0, 1, 2, 17, 18, 19]);
  expect(filling.size).toBe(2 * AT_ONCE);
});

test("the file on its way and the next thing to do are there at once, wherever they stand", () => {
  const filling = new Filling();
  const many = blocks(20).map((block) => (block.key === 8 ? { ...block, lines: [{}, { first: true }] } : block.key === 9 ? { ...block, lines: [{ next: true }] } : block));
  filling.begin(many);
  expect(there(filling, many)).toEqual([0, 1, 2, 8, 9, 17, 18, 19]);
});

test("the rest follows from the end, a few in one go, until nothing is left", () => {
  const [filling, many] = [new Filling(), blocks(2 * AT_ONCE + STEP + 1)];
  filling.begin(many);
  filling.step(many);
  expect(many.filter((block) => !filling.has(block)).map(({ key }) => key), "the oldest is left").toEqual([AT_ONCE]);
  expect(filling.begin(many)).toBe(true);
  filling.step(many);
  expect(filling.begin(many)).toBe(false);
  expect(filling.size).toBe(many.length);
});

test("a list that is short is there at once, and what was there stays while the list grows", () => {
  const filling = new Filling();
  expect(filling.begin(blocks(2 * AT_ONCE))).toBe(false);
  const grown = blocks(4 * AT_ONCE);
  expect(filling.begin(grown)).toBe(true);
  expect(there(filling, grown)).toEqual([0, 1, 2, 3, 4, 5, 9, 10, 11]);
});
