/** Reads one direction of a connection: HTTP requests or answers, and WebSocket frames (RFC 6455) after an upgrade. */

const HEAD_END = Buffer.from("\r\n\r\n");
const OPCODE_CONTINUATION = 0;
const OPCODE_BINARY = 2;

export class Unmasker {
  private rest = Buffer.alloc(0);
  private upgraded = false;
  /** Bytes of a request's body still to pass over. */
  private body = 0;
  private parts: Buffer[] = [];

  /** `onMessage` gets each whole message; control frames with a payload count as one. */
  constructor(private readonly onMessage: (payload: Buffer) => void) {}

  push(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.upgraded ? this.frame() : this.request()) {
      // Each turn takes one whole frame or request.
    }
  }

  private take(length: number): Buffer {
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  private request(): boolean {
    if (this.body > 0) {
      this.body -= this.take(Math.min(this.body, this.rest.length)).length;
      return this.rest.length > 0;
    }
    const end = this.rest.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = this.take(end + HEAD_END.length).toString("latin1");
    this.upgraded = /^upgrade:\s*websocket\s*$/im.test(head);
    this.body = Number(/^content-length:\s*(\d+)\s*$/im.exec(head)?.[1] ?? 0);
    return true;
  }

  private frame(): boolean {
    const [first, second] = this.rest;
    if (first === undefined || second === undefined) return false;
    let at = 2;
    let length = second & 0x7f;
    if (length === 126) {
      if (this.rest.length < 4) return false;
      length = this.rest.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (this.rest.length < 10) return false;
      length = Number(this.rest.readBigUInt64BE(2));
      at = 10;
    }
    const masked = (second & 0x80) !== 0;
    const start = at + (masked ? 4 : 0);
    if (this.rest.length < start + length) return false;
    const frame = this.take(start + length);
    const payload = Buffer.from(frame.subarray(start));
    if (masked) {
      for (let i = 0; i < payload.length; i += 1) {
        payload[i] = (payload[i] ?? 0) ^ (frame[at + (i % 4)] ?? 0);
      }
    }
    this.deliver(first, payload);
    return true;
  }

  private deliver(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode > OPCODE_BINARY) {
      if (payload.length > 0) this.onMessage(payload);
      return;
    }
    if (opcode !== OPCODE_CONTINUATION) this.parts = [];
    this.parts.push(payload);
    if ((first & 0x80) !== 0) this.onMessage(Buffer.concat(this.parts));
  }
}
