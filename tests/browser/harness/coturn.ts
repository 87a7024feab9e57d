/**
 * The real coturn with the configuration that we recommend, on loopback. Two browsers on one machine are relayed from
 * one loopback address to another, which that configuration forbids: it is allowed here for 127.0.0.1, and no other rule
 * is touched. That nothing else is reached is tested without browsers (signaling/tests/turn).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, listening } from "./ports";

const SAMPLE = fileURLToPath(new URL("../../../deploy/coturn/turnserver.conf", import.meta.url));
const SECRET = "a secret that the server and coturn share here";

export class Coturn {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    /** What the server must be told to hand out credentials for it. */
    readonly flags: readonly string[],
  ) {}

  /** By UDP and TCP, as browsers like it, or by TCP alone, as where a firewall lets no UDP through. */
  static async start(transport: "any" | "tcp" = "any"): Promise<Coturn> {
    const folder = await mkdtemp(join(tmpdir(), "linkspan-coturn-"));
    const port = await freePort();
    const lines = [
      await readFile(SAMPLE, "utf8"),
      `static-auth-secret=${SECRET}`,
      `listening-port=${port}`,
      "listening-ip=127.0.0.1",
      "relay-ip=127.0.0.1",
      "allow-loopback-peers",
      "allowed-peer-ip=127.0.0.1",
      ...(transport === "tcp" ? ["no-udp"] : []),
      "no-tls",
      "no-dtls",
      `userdb=${join(folder, "db")}`,
      `pidfile=${join(folder, "pid")}`,
      `log-file=${join(folder, "log")}`,
      "simple-log",
    ];
    const configuration = join(folder, "turnserver.conf");
    const secret = join(folder, "secret");
    await writeFile(configuration, lines.join("\n") + "\n");
    await writeFile(secret, SECRET + "\n");
    const child = spawn("turnserver", ["-c", configuration], { stdio: "ignore" });
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`coturn ended (${code})`)));
    });
    await Promise.race([listening(port), ended]);
    ended.catch(() => undefined);
    const url = `turn:127.0.0.1:${port}${transport === "tcp" ? "?transport=tcp" : ""}`;
    return new Coturn(folder, child, ["--turn-url", url, "--turn-secret-file", secret]);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
