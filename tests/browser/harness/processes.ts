/** The operating system's view of a browser: its processes and their memory. Linux only. */
import { readdirSync, readFileSync } from "node:fs";

/** Ids of all processes of the browser that has `profile` in its command line, its own first. */
export function processesOf(profile: string): number[] {
  const parents = new Map<number, number>();
  const roots: number[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      // The name in parentheses may contain anything; the parent is the second field behind it.
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(profile)) roots.push(pid);
    } catch {
      // Ended while we looked: then it is none of the browser's.
      parents.delete(pid);
    }
  }
  const found = new Set(roots);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
    }
  }
  return [...found];
}

/** Proportional set size of all processes of a browser, in bytes. */
export function memoryOf(profile: string): number {
  let kilobytes = 0;
  for (const pid of processesOf(profile)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // Ended while we looked: it holds nothing.
      continue;
    }
  }
  return kilobytes * 1024;
}

/** Sends all processes of a browser the same at once: SIGKILL ends it as a crash would. */
export function signalBrowser(profile: string, signal: NodeJS.Signals): void {
  for (const pid of processesOf(profile)) {
    try {
      process.kill(pid, signal);
    } catch {
      // Already gone with its parent.
      continue;
    }
  }
}
