/** The real nginx before a server, as an operator has set it up: rightly or not. Everything of it is in a folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, listening } from "./ports";

const KINDS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** `site` are the locations of one virtual server. */
  static async start(site: string): Promise<Nginx> {
    const [folder, port] = [await mkdtemp(join(tmpdir(), "linkspan-nginx-")), await freePort()];
    const places = KINDS.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join("\n");
    const server = `server {\nlisten 127.0.0.1:${port};\n${site}\n}`;
    const main = `daemon off;\nmaster_process off;\nerror_log stderr crit;\npid ${join(folder, "pid")};\nevents {}\nhttp {\naccess_log off;\n${places}\n${server}\n}\n`;
    const config = join(folder, "nginx.conf");
    await writeFile(config, main);
    const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", config], { stdio: ["ignore", "ignore", "inherit"] });
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`nginx ended (${code})`)));
    });
    await Promise.race([listening(port), ended]);
    // From now on its end is no error.
    ended.catch(() => undefined);
    return new Nginx(child, folder, port);
  }

  /** Where browsers find it. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
