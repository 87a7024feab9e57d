/** The real server, as a process of its own on a free port of loopback. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Built by `cargo xtask`; the variable is set by it. */
const PROGRAM =
  process.env["LINKSPAN_SERVER"] ??
  fileURLToPath(new URL("../../../target/debug/linkspan-signaling", import.meta.url));

export class Server {
  private constructor(
    /** Where it listens. */
    readonly port: number,
    /** What it said to its standard error, line by line. */
    readonly log: readonly string[],
    private readonly child: ChildProcess,
  ) {}

  /** Starts it and waits for the line with its address. Port 0 takes a free one. */
  static async start(port = 0, flags: readonly string[] = []): Promise<Server> {
    const child = spawn(PROGRAM, ["--bind", "127.0.0.1", "--port", String(port), ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    const address = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(new Error(`the server ended before it listened (${code ?? signal}):\n${log.join("\n")}`)),
      );
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /https?:\/\/[^\s/]+:(\d+)/.exec(line);
        if (found) resolve(Number(found[1]));
      });
    });
    return new Server(await address, log, child);
  }

  /** Asks it to stop, as a service manager would, and waits until it has. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    await ended;
  }
}
