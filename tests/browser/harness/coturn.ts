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
import { Certificate } from "./certificate";
import { freePort, listening } from "./ports";

const SAMPLE = fileURLToPath(new URL("../../../deploy/coturn/turnserver.conf", import.meta.url));
const SECRET = "a secret that the server and coturn share here";

/** How browsers reach it. */
export type Transport = "any" | "tcp" | "tls";

export class Coturn {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    /** What the server must be told to hand out credentials for it. */
    readonly flags: readonly string[],
    /** What browsers must trust to reach it by TLS. */
    readonly certificate: Certificate | undefined,
  ) {}

  /** By UDP and TCP, as browsers like it, or by TCP or TLS alone, as where a firewall lets no UDP through. */
  static async start(transport: Transport = "any"): Promise<Coturn> {
    const folder = await mkdtemp(join(tmpdir(), "linkspan-coturn-"));
    const port = await freePort();
    const certificate = transport === "tls" ? await Certificate.make(folder) : undefined;
    const lines = [
      await readFile(SAMPLE, "utf8"),
      `static-auth-secret=${SECRET}`,
      ...listens(transport, port),
      ...(certificate ? [`cert=${certificate.file}`, `pkey=${certificate.key}`] : []),
      "listening-ip=127.0.0.1",
      "relay-ip=127.0.0.1",
      "allow-loopback-peers",
      "allowed-peer-ip=127.0.0.1",
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
    return new Coturn(folder, child, ["--turn-url", urlOf(transport, port), "--turn-secret-file", secret], certificate);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function listens(transport: Transport, port: number): string[] {
  switch (transport) {
    case "any":
      return [`listening-port=${port}`, "no-tls"];
    case "tcp":
      return [`listening-port=${port}`, "no-tls", "no-udp"];
    case "tls":
      return [`tls-listening-port=${port}`, "no-udp", "no-tcp"];
  }
}

function urlOf(transport: Transport, port: number): string {
  switch (transport) {
    case "any":
      return `turn:127.0.0.1:${port}`;
    case "tcp":
      return `turn:127.0.0.1:${port}?transport=tcp`;
    case "tls":
      return `turns:127.0.0.1:${port}?transport=tcp`;
  }
}
