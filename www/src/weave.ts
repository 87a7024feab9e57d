/**
 * The stream as it is drawn: a line for each row, in blocks. A line or block in which nothing changed is the same value
 * as at the last drawing, so that whoever draws looks only at what did. Pure; knows no element.
 */
import { outOfReach, running, unfinished } from "./select";
import type { Message, Room, Row, Shelved } from "./state";

export interface FileLine {
  readonly key: string;
  readonly file: Shelved;
  /** In the stream, from 0. */
  readonly place: number;
  /** The first that is on its way: it stays in view. */
  readonly first: boolean;
  /** The next thing to do is here. */
  readonly next: boolean;
}

export interface MessageLine {
  readonly key: string;
  readonly message: Message;
  /** In the stream, from 0. */
  readonly place: number;
  /** Same author as the one before: the name is not repeated. */
  readonly follows: boolean;
  /** The last of one's own. */
  readonly last: boolean;
}

/** Lines that are drawn together. */
export interface Block<L> {
  /** Nothing of another block has it, and it stays when lines come in before. */
  readonly key: number;
  readonly lines: readonly L[];
  /** Far from the end, where one reads and where new lines come. */
  readonly settled: boolean;
}

export interface Woven {
  readonly files: readonly Block<FileLine>[];
  readonly messages: readonly Block<MessageLine>[];
  /** What they were made of. */
  readonly of: Pick<Room, "rows" | "files" | "messages" | "people"> | null;
}

/**
 * How many orders share a block. An entry's order never changes and mostly grows by one from entry to entry: so a line
 * never moves from block to block, and a block is about as much as one sees at once.
 */
export const BLOCK = 64;

/** So many lines at the end of each list are never left out of the layout: their true heights are where one reads. */
export const FRESH = 64;

export const nothing: Woven = { files: [], messages: [], of: null };

/** The stream of `room`, with every part of `before` in which nothing changed. */
export function weave(room: Room, before: Woven): Woven {
  const { rows, files, messages, people } = room;
  const { of } = before;
  const placed = of?.rows === rows;
  return {
    files: placed && of.files === files && of.people === people ? before.files : weaveFiles(room, before.files),
    messages: placed && of.messages === messages ? before.messages : weaveMessages(room, before.messages),
    of: { rows, files, messages, people },
  };
}

function weaveFiles({ rows, files, people }: Room, before: Woven["files"]): Woven["files"] {
  const all = rows.flatMap((row, place) => {
    const file = row.kind === "file" ? files.get(row.key) : undefined;
    return file === undefined ? [] : [{ row, place, file }];
  });
  const first = all.find(({ file }) => running(file));
  const next = all.find(({ file }) => unfinished(file) && file.state.type !== "Receiving" && !(file.state.type === "Offered" && outOfReach({ people }, file)));
  const blocks = new Blocks(before);
  for (const each of all) {
    const { row, place, file } = each;
    blocks.add(row, { key: row.key, file, place, first: each === first, next: each === next });
  }
  return blocks.finish();
}

function weaveMessages({ rows, messages, me }: Room, before: Woven["messages"]): Woven["messages"] {
  const last = rows.findLast((row) => messages.get(row.key)?.author === me);
  const blocks = new Blocks(before);
  let author: string | null = null;
  rows.forEach((row, place) => {
    const message = messages.get(row.key);
    if (message !== undefined) blocks.add(row, { key: row.key, message, place, follows: author === message.author, last: row === last });
    author = message?.author ?? null;
  });
  return blocks.finish();
}

/** Lines that follow each other in the stream, with no line of the other kind between. */
export function runsOf<L extends { readonly place: number }>(lines: readonly L[]): (readonly L[])[] {
  const runs: L[][] = [];
  let next: number | null = null;
  for (const line of lines) {
    const run = line.place === next ? runs.at(-1) : undefined;
    if (run === undefined) runs.push([line]);
    else run.push(line);
    next = line.place + 1;
  }
  return runs;
}

/** Blocks in the making, beside those of the last time. */
class Blocks<L extends object> {
  readonly #all: readonly Block<L>[];
  readonly #before: ReadonlyMap<number, Block<L>>;
  readonly #made: { key: number; lines: L[] }[] = [];

  constructor(before: readonly Block<L>[]) {
    this.#all = before;
    this.#before = new Map(before.map((block) => [block.key, block]));
  }

  add(row: Row, line: L): void {
    const key = Math.floor(row.order / BLOCK);
    let block = this.#made.at(-1);
    if (block?.key !== key) {
      block = { key, lines: [] };
      this.#made.push(block);
    }
    const before = this.#before.get(key)?.lines[block.lines.length];
    block.lines.push(before !== undefined && alike(before, line) ? before : line);
  }

  finish(): readonly Block<L>[] {
    let after = this.#made.reduce((sum, block) => sum + block.lines.length, 0);
    const made = this.#made.map(({ key, lines }) => {
      after -= lines.length;
      const settled = after >= FRESH;
      const before = this.#before.get(key);
      const same = before?.settled === settled && before.lines.length === lines.length;
      return same && lines.every((line, index) => line === before.lines[index]) ? before : { key, lines, settled };
    });
    return made.length === this.#all.length && made.every((block, index) => block === this.#all[index]) ? this.#all : made;
  }
}

/** Whether two values of one shape have the same in every field. */
export function alike<T extends object>(a: T, b: T): boolean {
  for (const field in a) if (a[field] !== b[field]) return false;
  return true;
}
