/** What a browser keeps of rooms, as bytes: for stories about what becomes of it. Only while no tab has a room open. */
import type { Person } from "./people";

/** Before a journal's first record: see the shell's `store/journal/format.rs`. */
export const HEADER = 21;
/** Before a record's body: its length and its checksum. */
const RECORD_HEAD = 12;

/** Closes the room and goes to a page of the same site that has no engine. */
export async function closeTab(person: Person, url: string): Promise<void> {
  person.problems.allow(/favicon\.ico/);
  await person.page.goto("about:blank");
  await person.page.goto(new URL("/healthz", url).href);
}

/** The room's journal. */
export async function readJournal(person: Person): Promise<Buffer> {
  const bytes = await person.page.evaluate(async () => {
    const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
    for await (const room of rooms.values() as AsyncIterable<FileSystemDirectoryHandle>) {
      const file = await (await room.getFileHandle("records")).getFile();
      return [...new Uint8Array(await file.arrayBuffer())];
    }
    throw new Error("no room is kept here");
  });
  return Buffer.from(bytes);
}

/** Another journal in its place, made longer by zeros up to `size`. */
export async function writeJournal(person: Person, bytes: Uint8Array, size = bytes.length): Promise<void> {
  await person.page.evaluate(
    async ([bytes, size]) => {
      const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
      for await (const room of rooms.values() as AsyncIterable<FileSystemDirectoryHandle>) {
        const writable = await (await room.getFileHandle("records")).createWritable();
        await writable.write(new Uint8Array(bytes));
        await writable.truncate(size);
        await writable.close();
      }
    },
    [[...bytes], size] as const,
  );
}

/** Bytes of all journals, also while their room is open. */
export async function sizeOfJournals(person: Person): Promise<number> {
  return person.page.evaluate(async () => {
    const rooms = await (await navigator.storage.getDirectory()).getDirectoryHandle("rooms");
    let size = 0;
    for await (const room of rooms.values() as AsyncIterable<FileSystemDirectoryHandle>) {
      for await (const entry of room.values() as AsyncIterable<FileSystemHandle>) {
        if (entry.kind !== "file" || !entry.name.startsWith("records")) continue;
        size += (await (entry as FileSystemFileHandle).getFile()).size;
      }
    }
    return size;
  });
}

/** The first record of a journal: who this browser is in the room. */
export function firstRecord(journal: Buffer): Buffer {
  const length = RECORD_HEAD + journal.readUInt32LE(HEADER);
  return journal.subarray(HEADER, HEADER + length);
}
