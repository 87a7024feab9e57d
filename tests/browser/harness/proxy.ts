/**
 * A wire-tap between browsers and the server: passes bytes on unchanged and keeps what each side received.
 * It can also be the network that fails: cut off and restored.
 */
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";
import { once } from "node:events";
import { Unmasker } from "./unmask";

/** All that one side received. */
export class Received {
  /** Bytes, one entry for each connection, as they were on the wire. */
  readonly wire: Buffer[][] = [];
  /** Payloads of all WebSocket messages, unmasked and whole. */
  readonly messages: Buffer[] = [];

  /** Keeps what comes on one more connection. */
  connection(): (bytes: Buffer) => void {
    const kept: Buffer[] = [];
    this.wire.push(kept);
    const unmasker = new Unmasker((message) => this.messages.push(message));
    return (bytes) => {
      kept.push(bytes);
      unmasker.push(bytes);
    };
  }
}

export class Proxy {
  readonly byServer = new Received();
  readonly byBrowsers = new Received();
  private readonly sockets = new Set<Socket>();
  private down = false;

  private constructor(
    private readonly listener: Listener,
    private serverPort: number,
  ) {}

  /** `address` is one of this machine. */
  static async start(serverPort: number, address = "127.0.0.1"): Promise<Proxy> {
    const listener = createServer();
    const proxy = new Proxy(listener, serverPort);
    listener.on("connection", (socket) => proxy.accept(socket));
    listener.listen(0, address);
    await once(listener, "listening");
    return proxy;
  }

  /** The address that browsers open. */
  get url(): string {
    const { address, port } = this.listener.address() as AddressInfo;
    return `http://${address}:${port}/`;
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
    browser.on("data", this.byServer.connection());
    server.on("data", this.byBrowsers.connection());
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
