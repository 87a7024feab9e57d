/** The real Redis, by which several servers work as one. It keeps nothing on disk. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { freePort } from "./ports";

export class Redis {
  private constructor(
    private readonly child: ChildProcess,
    /** What each of the servers must be told. */
    readonly flags: readonly string[],
  ) {}

  static async start(): Promise<Redis> {
    const port = await freePort();
    const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()];
    const child = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`redis-server ended (${code})`)));
      // Read to the end, also when nobody waits any more: a full pipe would stop it.
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes("Ready to accept connections")) resolve();
      });
    });
    return new Redis(child, ["--backplane", `redis://127.0.0.1:${port}`]);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}
