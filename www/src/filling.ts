/**
 * Which blocks of a list have their rows in the document. What is in view has them at once, the rest gets them while the
 * browser has nothing else to do: a full room can be read and written in before all of it stands there.
 */
import type { Block } from "./weave";

/** So many blocks at either end of a list are there at once: more than one sees of it. */
export const AT_ONCE = 3;

/**
 * So many follow in one go: a third of a second for the fullest room. Fewer would take longer altogether, because a frame
 * costs by the boxes that are there, not by those that are new: 4 a go were 18 s where 64 are 3.
 */
export const STEP = 64;

type Line = object & { readonly first?: boolean; readonly next?: boolean };

export class Filling {
  /** By their keys; who was there stays, so it grows no further than the list. */
  readonly #there = new Set<number>();

  has(block: Block<Line>): boolean {
    return this.#there.has(block.key);
  }

  /** How many have their rows. */
  get size(): number {
    return this.#there.size;
  }

  /** Takes in what may be in view of `blocks`; whether any of them is left. */
  begin(blocks: readonly Block<Line>[]): boolean {
    let left = false;
    blocks.forEach((block, index) => {
      if (this.has(block)) return;
      const inView = index < AT_ONCE || index >= blocks.length - AT_ONCE;
      if (inView || block.lines.some(isCalledFor)) this.#there.add(block.key);
      else left = true;
    });
    return left;
  }

  /** Takes in the next ones, from the end, where one reads. */
  step(blocks: readonly Block<Line>[]): void {
    let taken = 0;
    for (let index = blocks.length - 1; index >= 0 && taken < STEP; index -= 1) {
      const block = blocks[index];
      if (block === undefined || this.has(block)) continue;
      this.#there.add(block.key);
      taken += 1;
    }
  }
}

/** Wherever it stands, the style sheet brings it into view. */
function isCalledFor({ first, next }: Line): boolean {
  return first === true || next === true;
}
