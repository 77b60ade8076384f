import type { ServerResponse } from "node:http";
import type { Asked } from "./fake-api-server.fixture.ts";
import { FakeGone } from "./fake-store.fixture.ts";
import type { FakeEvent, FakeStore } from "./fake-store.fixture.ts";
import { statusBody } from "./fake-writes.fixture.ts";

/** One watch that a client holds. A test can make it say anything, fall silent, or break. */
export class FakeWatch {
  readonly asked: Asked;
  readonly gone: boolean;
  readonly #response: ServerResponse;
  readonly #store: FakeStore;
  readonly #early: FakeEvent[] = [];
  #unfollow: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  #silent = false;

  constructor(asked: Asked, response: ServerResponse, store: FakeStore) {
    this.asked = asked;
    this.#response = response;
    this.#store = store;
    let gone = false;
    try {
      const after = Number(asked.query.get("resourceVersion") ?? store.revision);
      this.#unfollow = store.follow(asked.collection, asked.namespace, after, (event) => this.#tell(event));
    } catch (error) {
      if (!(error instanceof FakeGone)) throw error;
      gone = true;
    }
    this.gone = gone;
  }

  begin(): void {
    this.#begun = true;
    this.#response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    if (this.gone) return this.error(410, "Expired");
    for (const event of this.#early) this.#tell(event);
    const seconds = Number(this.asked.query.get("timeoutSeconds") ?? 0);
    if (seconds > 0) this.#timer = setTimeout(() => this.end(), seconds * 1_000).unref();
  }

  #tell(event: FakeEvent): void {
    if (!this.#begun) this.#early.push(event);
    else if (!this.#silent) this.say(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
  }

  /** These bytes, whatever they mean. */
  say(text: string): void {
    this.bytes(Buffer.from(text));
  }

  bytes(bytes: Uint8Array): void {
    if (!this.#response.writableEnded) this.#response.write(bytes);
  }

  /** A watch that withholds events says nothing of a version after them. */
  bookmark(): void {
    if (this.#silent) return;
    const metadata = { resourceVersion: String(this.#store.revision) };
    this.say(`${JSON.stringify({ type: "BOOKMARK", object: { kind: "Thing", metadata } })}\n`);
  }

  error(code: number, reason: string): void {
    this.say(`${JSON.stringify({ type: "ERROR", object: statusBody(code, reason) })}\n`);
    this.end();
  }

  /** The connection stays, and nothing comes any more. */
  silence(): void {
    this.#silent = true;
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }

  end(): void {
    this.#response.end();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#unfollow();
  }
}
