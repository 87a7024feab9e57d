/** A long room must open, and go on, without being copied for each event. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { direct, have, here, hosting, inside, member, played, room, said, serving, shared } from "./made";
import { reduce } from "./reduce";
import { type Event, fileKey, initial, type LocalEvent, type State } from "./state";

const many = 300;
const share = (number: number) => `s${String(number).padStart(5, "0")}`;
const offered = (number: number): Event => ({
  type: "Shared", room, share: share(number), author: "anna", order: number, files: [{ name: "a.bin", size: 100 }],
});
/** A room with many files and messages, told in one go as when it is opened. */
const opening: Event[] = [
  hosting, member("anna", "anna"), member("ben", "anna"), direct("ben"),
  ...Array.from({ length: many }, (_, order) => [offered(order), said(`m${order}`, order)]).flat(),
  ...Array.from({ length: many }, (_, order): Event => ({ type: "Delivered", room, entry: `m${order}`, by: "ben" })),
  ...Array.from({ length: many }, (_, order): Event => ({ type: "Have", room, file: { share: share(order), index: 0 }, member: "ben", verified: 50 })),
];

/** How many tables are copied, how many entries with them, and how often anything is sorted, while `act` runs. */
function counted(act: () => void): { copies: number; entries: number; sorts: number } {
  const count = { copies: 0, entries: 0, sorts: 0 };
  const walk = (collection: { prototype: Map<unknown, unknown> }) => {
    const inner = collection.prototype[Symbol.iterator];
    vi.spyOn(collection.prototype, Symbol.iterator).mockImplementation(function (this: Map<unknown, unknown>) {
      count.copies += 1;
      count.entries += this.size;
      return inner.call(this);
    });
  };
  walk(Map);
  const sort = vi.spyOn(Array.prototype, "sort");
  const sorted = vi.spyOn(Array.prototype, "toSorted");
  act();
  count.sorts = sort.mock.calls.length + sorted.mock.calls.length;
  vi.restoreAllMocks();
  return count;
}

afterEach(() => vi.restoreAllMocks());

describe("a batch", () => {
  it("of everything in a long room copies a handful of entries and sorts nothing", () => {
    const count = counted(() => played(opening));
    // A file's own table of who has what is copied when it is first touched: empty, so no entry with it.
    expect(count.entries).toBeLessThan(10);
    expect(count.sorts).toBe(0);
  });

  it("copies each table once, however many of its events come to a room that is long already", () => {
    const long = played(opening);
    const more = Array.from({ length: 100 }, (_, index) => [offered(many + index), said(`n${index}`, many + index)]).flat();
    const count = counted(() => reduce(long, more));
    expect(count.copies).toBe(2);
    expect(count.entries).toBe(2 * many);
    expect(count.sorts).toBe(0);
  });

  it("leaves what was there before it as it was", () => {
    const before = played([...serving, said("m1", 1)]);
    const { files, messages, people, rows } = before.room ?? raise();
    const kept = { files: new Map(files), messages: new Map(messages), people: new Map(people), rows: [...rows] };
    const haveBefore = [...(files.get("s1/0")?.have ?? [])];
    const file = { share: "s1", index: 0 };
    played([
      said("m0", 0), { type: "Delivered", room, entry: "m1", by: "ben" }, member("caro", "anna"), have("ben", 5),
      offered(9), { type: "Withdrawn", room, share: "s1" }, { type: "Sent", command: { type: "Fetch", room, file } },
    ], before);
    expect({ files, messages, people, rows }).toEqual(kept);
    expect([...(files.get("s1/0")?.have ?? [])]).toEqual(haveBefore);
  });

  it("leads to the same state as its events one by one", () => {
    const events: (Event | LocalEvent)[] = [
      ...inside, said("m2", 2), said("m0", 0), have("anna", 100), have("ben", 3), have("ben", 4), said("m1", 1),
      { type: "Delivered", room, entry: "m1", by: "anna" }, { type: "Delivered", room, entry: "m1", by: "ben" },
      shared("anna"), offered(7), { type: "Sent", command: { type: "Fetch", room, file: { share: "s1", index: 0 } } },
      { type: "Withdrawn", room, share: "s1" }, member("anna", "ben", true),
    ];
    const interrupted = new Map([[fileKey({ share: "s1", index: 0 }), true]]);
    const start = initial(here, interrupted);
    const single = events.reduce((state: State, event) => reduce(state, [event]), start);
    expect(reduce(start, events)).toEqual(single);
    expect([...interrupted.keys()], "what was handed in is not the batch's own").toEqual(["s1/0"]);
  });
});

function raise(): never {
  throw new Error("there is a room");
}
