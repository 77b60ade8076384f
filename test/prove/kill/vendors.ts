/** The vendors of all stories, behind one HTTP server in the process that holds the truth. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Setup, SimClock } from "../api.ts";
import { createFake, type VendorFake } from "../vendor/fake.ts";
import type { Reply } from "../vendor/wire.ts";
import type { Call } from "./messages.ts";

/** How often what happens by itself (a release, a propagation) comes to pass. */
const TICK_MS = 20;

/** What becomes of a call: it is asked before and after it takes effect. Returns false where no answer is to be sent. */
export interface Guard {
  before(call: Call): Promise<boolean>;
  after(call: Call): Promise<boolean>;
}

const NEVER = new AbortController().signal;

/** Real time. A call that hangs does so until its caller is gone. */
const CLOCK: SimClock = {
  now: () => Date.now(),
  hang: async (signal) => {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  },
};

export class Vendors implements AsyncDisposable {
  readonly #server: Server;
  readonly #byAccount = new Map<string, { readonly fake: VendorFake; readonly guard: Guard }>();
  readonly #ticking: NodeJS.Timeout;
  /** Calls that broke the fake itself. */
  readonly broke: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#serve(request, response));
    this.#ticking = setInterval(() => this.#elapse(), TICK_MS);
  }

  static async open(): Promise<Vendors> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Vendors(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  add(account: string, setup: Setup, guard: Guard): VendorFake {
    const fake = createFake(setup, CLOCK, randomBytes);
    this.#byAccount.set(account, { fake, guard });
    return fake;
  }

  drop(account: string): void {
    this.#byAccount.delete(account);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ticking);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #elapse(): void {
    const now = CLOCK.now();
    for (const { fake } of this.#byAccount.values()) fake.elapse(now);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request).catch(() => undefined);
    try {
      const reply = text === undefined ? undefined : await this.#answer(JSON.parse(text) as Call);
      if (reply === undefined) response.destroy();
      else if (!response.destroyed) response.end(JSON.stringify(reply));
    } catch (error) {
      this.broke.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      response.destroy();
    }
  }

  /** A request that arrived whole is served, whatever has become of whoever sent it. */
  async #answer(call: Call): Promise<Reply | undefined> {
    const found = this.#byAccount.get(call.account);
    // A stale replica that asks about a story that is over.
    if (!found) return undefined;
    const { fake, guard } = found;
    const answers = await guard.before(call);
    fake.elapse(CLOCK.now());
    const reply = await fake.handle(call.method, call.args, NEVER);
    return (await guard.after(call)) && answers ? reply : undefined;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += String(part);
  return text;
}
