/**
 * A wire-tap between browsers and the server: passes bytes on unchanged and keeps what the server received.
 * It can also be the network that fails: cut off and restored.
 */
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";
import { once } from "node:events";
import { Unmasker } from "./unmask";

export class Proxy {
  /** Bytes that browsers sent to the server, one entry for each connection, as they were on the wire. */
  readonly wire: Buffer[][] = [];
  /** Payloads of all WebSocket messages that the server received, unmasked and whole. */
  readonly messages: Buffer[] = [];
  private readonly sockets = new Set<Socket>();
  private down = false;

  private constructor(
    private readonly listener: Listener,
    private serverPort: number,
  ) {}

  static async start(serverPort: number): Promise<Proxy> {
    const listener = createServer();
    const proxy = new Proxy(listener, serverPort);
    listener.on("connection", (socket) => proxy.accept(socket));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return proxy;
  }

  /** The address that browsers open. */
  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}/`;
  }

  /** From now on connects to another server: the old one was replaced. */
  redirect(serverPort: number): void {
    this.serverPort = serverPort;
  }

  /** The network to the server is gone: every connection breaks, new ones fail. */
  cut(): void {
    this.down = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** The network is back. */
  restore(): void {
    this.down = false;
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = once(this.listener, "close");
    this.listener.close();
    await closed;
  }

  private accept(browser: Socket): void {
    if (this.down) {
      browser.destroy();
      return;
    }
    const server = connect(this.serverPort, "127.0.0.1");
    const kept: Buffer[] = [];
    this.wire.push(kept);
    const unmasker = new Unmasker((message) => this.messages.push(message));
    browser.on("data", (bytes) => {
      kept.push(bytes);
      unmasker.push(bytes);
    });
    for (const [socket, other] of [
      [browser, server],
      [server, browser],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      // One end that breaks breaks the other: that is what the far side must notice.
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
