/**
 * Measures our whole pipeline against a bare data channel: `run.mts [--rounds=3] [--only=PART_OF_A_NAME]`.
 *
 * Rounds are interleaved and medians shown: the machine's mood changes by the minute, so that only ratios of the
 * same run count. Nothing is asserted here.
 */
import { Folder } from "../browser/harness/files";
import { Server } from "../browser/harness/server";
import { bareTransfer } from "./bare.mjs";
import { ourMemory, ourOpening, ourTransfer, type Growth } from "./ours.mjs";
import { fullRoom, type Opened } from "./room.mjs";
import { sizes } from "./sizes.mjs";
import { MEBIBYTE, median, show, table } from "./words.mjs";

const SIZE = 64 * MEBIBYTE;
const LARGE = 512 * MEBIBYTE;

const flag = (name: string): string | undefined =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(flag("rounds") ?? 3);
const only = flag("only") ?? "";

const files = await Folder.make();
const server = await Server.start();
const url = `http://127.0.0.1:${server.port}/`;
const measurements: Record<string, () => Promise<void>> = { throughput, opening, memory, room, size };
try {
  const wanted = Object.entries(measurements).filter(([name]) => name.includes(only));
  if (wanted.length === 0) throw new Error(`no measurement's name contains ${only}`);
  for (const [, measure] of wanted) await measure();
} finally {
  await server.stop();
  await files.remove();
}

/** One file of 64 MiB between two Chromium processes, by us and by a bare channel, in turns. */
async function throughput(): Promise<void> {
  const file = await files.file("bench-64.bin", SIZE);
  const bare: number[] = [];
  const ours: number[] = [];
  const tasks: { host: number; guest: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(SIZE / (await bareTransfer(SIZE)));
    const { seconds, longestTask } = await ourTransfer(url, file, SIZE);
    ours.push(SIZE / seconds);
    tasks.push(longestTask);
    console.log(`  round ${round + 1}: bare ${mbs(bare.at(-1))}, ours ${mbs(ours.at(-1))}`);
  }
  table("64 MiB, Chromium to Chromium, separate processes", [
    ["bare data channel", mbs(median(bare))],
    ["our whole pipeline", mbs(median(ours))],
    ["ratio (aim 0.9)", (median(ours) / median(bare)).toFixed(2)],
    ["longest main-thread task, sender (aim 50 ms)", milliseconds(Math.max(...tasks.map((task) => task.host)))],
    ["longest main-thread task, receiver (aim 50 ms)", milliseconds(Math.max(...tasks.map((task) => task.guest)))],
  ]);
}

/** What the machines need from opening the link to the first verified byte; what people need is left out. */
async function opening(): Promise<void> {
  const file = await files.file("bench-1.bin", MEBIBYTE);
  const runs: Awaited<ReturnType<typeof ourOpening>>[] = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await ourOpening(url, file));
  const middle = (pick: (run: (typeof runs)[number]) => number): number => median(runs.map(pick));
  const all = (run: (typeof runs)[number]): number => run.page + run.knock + run.join + run.first;
  table("opening the link → first verified byte, without the time that people take", [
    ["a bare page in a browser just started", milliseconds(middle((run) => run.bare))],
    ["link opened → the guest can ask", milliseconds(middle((run) => run.page))],
    ["asked → the host sees the knock", milliseconds(middle((run) => run.knock))],
    ["let in → the guest can save", milliseconds(middle((run) => run.join))],
    ["saving → first verified byte", milliseconds(middle((run) => run.first))],
    ["all", milliseconds(middle(all))],
    ["without the bare page's (aim 400 ms)", milliseconds(middle((run) => all(run) - run.bare))],
  ]);
}

/** Memory of all processes of each browser above its idle, for a small and a large file. */
async function memory(): Promise<void> {
  const rows: [string, string][] = [];
  for (const size of [SIZE, LARGE]) {
    const file = await files.file(`bench-${size / MEBIBYTE}.bin`, size);
    const runs: Growth[] = [];
    for (let round = 0; round < (size === SIZE ? rounds : 1); round += 1) runs.push(await ourMemory(url, file, size));
    const name = `${size / MEBIBYTE} MiB`;
    rows.push([`${name}, sender (aim 32 MiB)`, show(median(runs.map((run) => run.host)))]);
    rows.push([`${name}, receiver (aim 64 MiB)`, show(median(runs.map((run) => run.guest)))]);
  }
  table("memory above idle, most of 10 samples a second", rows);
}

/** A real room of 20,000 messages and 4,096 files, from the navigation to all of it on the page. */
async function room(): Promise<void> {
  const runs = await fullRoom(url, rounds);
  const middle = (pick: (run: Opened) => number): number => median(runs.map(pick));
  table("a room of 20,000 messages and 4,096 files, opened again by its host", [
    ["link opened → it can be read and written in (aim 2,000 ms)", milliseconds(middle((run) => run.usable))],
    ["link opened → all of it stands there", milliseconds(middle((run) => run.shown))],
    ["processor time of the page's main thread", milliseconds(middle((run) => run.busy))],
    ["its longest task", milliseconds(middle((run) => run.longestTask))],
    ["scrolled from the end to the beginning", milliseconds(middle((run) => run.scrolled))],
  ]);
}

/** What a browser loads, as brotli carries it. */
async function size(): Promise<void> {
  table("first load, brotli", await sizes(url));
}

function mbs(bytesPerSecond = 0): string {
  return `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

function milliseconds(time: number): string {
  return time === 0 ? "under 50 ms" : `${Math.round(time)} ms`;
}
