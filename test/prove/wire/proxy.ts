/** A TCP proxy that does to a connection what networks do. Loopback only. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export const WIRE_FAULTS = [
  "latency", // every piece takes its time
  "reset", // connections break, and new ones too
  "lost-answer", // what is asked arrives; the connection breaks when it is answered
  "black-hole", // nothing arrives and nothing breaks; what was sent meanwhile arrives afterwards
  "dead-end", // as a black hole, and what was sent meanwhile never arrives: the connection breaks afterwards
  "half-close", // the other side says that it has ended, and still reads
  "slices", // a few bytes at a time
  "narrow", // little bandwidth
] as const;

export type WireFault = (typeof WIRE_FAULTS)[number];

export interface WireSpeed {
  /** `latency`: of each piece. */
  readonly latencyMs: number;
  /** `narrow`. */
  readonly bytesPerSecond: number;
}

/** Into so many slices each piece is cut: frames come apart everywhere, and a long statement still arrives in time. */
const SLICES = 12;
const NARROW_PIECE = 256;

interface Line {
  readonly client: Socket;
  readonly upstream: Socket;
}

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #speed: WireSpeed;
  readonly #lines = new Set<Line>();
  #fault: WireFault | undefined;
  #over = Promise.withResolvers<void>();

  private constructor(server: Server, target: { host: string; port: number }, speed: WireSpeed) {
    this.#server = server;
    this.#speed = speed;
    server.on("connection", (client) => this.#accept(client, connect(target)));
  }

  static async open(target: { host: string; port: number }, speed: WireSpeed): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TcpProxy(server, target, speed);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, for all connections, those that are open included. Undefined: all is well again. */
  set(fault: WireFault | undefined): void {
    const before = this.#fault;
    this.#fault = fault;
    if (before === "dead-end") this.#breakAll();
    this.#over.resolve();
    this.#over = Promise.withResolvers();
    if (fault === "reset") this.#breakAll();
    if (fault === "half-close") for (const { client } of this.#lines) client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.set(undefined);
    this.#breakAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket, upstream: Socket): void {
    const line = { client, upstream };
    this.#lines.add(line);
    upstream.setNoDelay(true);
    for (const socket of [client, upstream]) {
      // What breaks on one side breaks on the other.
      socket.on("error", () => this.#break(line));
      socket.on("close", () => this.#break(line));
    }
    this.#pump(line, client, upstream, false);
    this.#pump(line, upstream, client, true);
    if (this.#fault === "reset") this.#break(line);
    if (this.#fault === "half-close") client.end();
  }

  /** One piece after the other, however long each takes. */
  #pump(line: Line, from: Socket, to: Socket, isAnswer: boolean): void {
    from.on("data", (piece) => {
      from.pause();
      void this.#forward(line, piece as Buffer, to, isAnswer).then(() => from.resume());
    });
    from.on("end", () => to.end());
  }

  async #forward(line: Line, piece: Buffer, to: Socket, isAnswer: boolean): Promise<void> {
    const fault = this.#fault;
    if (fault === "lost-answer" && isAnswer) return this.#break(line);
    if (fault === "half-close" && isAnswer) return;
    if (fault === "latency") await delay(this.#speed.latencyMs);
    if (fault === "black-hole" || fault === "dead-end") await this.#over.promise;
    if (fault === "slices") await sliced(piece, Math.ceil(piece.length / SLICES), to, async () => delay(0));
    else if (fault === "narrow") await sliced(piece, NARROW_PIECE, to, async (bytes) => delay(this.#narrowMs(bytes)));
    else send(piece, to);
  }

  #narrowMs(bytes: number): number {
    return (bytes * 1000) / this.#speed.bytesPerSecond;
  }

  #break(line: Line): void {
    if (!this.#lines.delete(line)) return;
    line.client.resetAndDestroy();
    line.upstream.resetAndDestroy();
  }

  #breakAll(): void {
    for (const line of this.#lines) this.#break(line);
  }
}

function send(piece: Buffer, to: Socket): void {
  if (!to.destroyed && to.writable) to.write(piece);
}

async function sliced(piece: Buffer, size: number, to: Socket, pause: (bytes: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < piece.length; at += size) {
    const part = piece.subarray(at, at + size);
    send(part, to);
    await pause(part.length);
  }
}
