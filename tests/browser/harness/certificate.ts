/** A certificate of a server on this machine, by openssl, that nobody vouches for: Chromium can be told to take it all the same. */
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export class Certificate {
  private constructor(
    readonly file: string,
    readonly key: string,
    /** What Chromium knows it by: a hash of its public key. */
    readonly known: string,
  ) {}

  /** With its files in `folder`. */
  static async make(folder: string): Promise<Certificate> {
    const [file, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-out", file, "-keyout", key];
    await promisify(execFile)("openssl", ["req", "-x509", ...made, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]);
    const { publicKey } = new X509Certificate(await readFile(file));
    const known = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
    return new Certificate(file, key, known);
  }
}
