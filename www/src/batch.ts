/**
 * What one batch of events may change in place, because the batch made it: each table is copied once a batch, however
 * many events touch it. A room with 20,000 messages would otherwise be copied 20,000 times while it opens.
 *
 * From outside nothing is ever changed in place: what a state held before the batch stays as it was.
 */
import type { Row } from "./state";

export class Batch {
  readonly #own = new WeakSet();

  /** `map` with `value` at `key`. */
  set<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
    return this.#mine(map, () => new Map(map)).set(key, value);
  }

  /** `map` without `key`. */
  without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
    const own = this.#mine(map, () => new Map(map));
    own.delete(key);
    return own;
  }

  /** `rows` with `row` in its place: nearly always the last, so nothing is ever sorted. */
  place(rows: readonly Row[], row: Row): readonly Row[] {
    const own = this.#mine(rows, () => [...rows]);
    own.splice(placeOf(own, row), 0, row);
    return own;
  }

  /** The batch's own copy of `value`, which may be one already. */
  #mine<T extends object, M extends T>(value: T, copy: () => M): M {
    if (this.#own.has(value)) return value as M;
    const own = copy();
    this.#own.add(own);
    return own;
  }
}

/** How many of `rows`, which are in order, stand before `row`. The files of a share come in their own order. */
function placeOf(rows: readonly Row[], row: Row): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle];
    if (other !== undefined && !before(row, other)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function before(a: Row, b: Row): boolean {
  return a.order === b.order ? a.id < b.id : a.order < b.order;
}
