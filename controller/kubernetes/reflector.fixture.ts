import { ManualClock } from "./clock.fixture.ts";
import type { ApiClient } from "./client.ts";
import { THINGS, THINGS_AT, clientOf } from "./cluster.fixture.ts";
import { Consumer } from "./consumer.fixture.ts";
import { FakeApiServer } from "./fake-api-server.fixture.ts";
import { startReflector } from "./reflector.ts";
import type { Reflector, ReflectorOptions, Trouble } from "./reflector.ts";

/** A fake server with a reflector on it, whose pauses take no time. */
export class Stage implements AsyncDisposable {
  readonly fake: FakeApiServer;
  readonly client: ApiClient;
  readonly clock: ManualClock;
  readonly consumer = new Consumer();
  readonly troubles: Trouble[] = [];
  readonly stop = new AbortController();
  #reflector: Reflector | undefined;

  private constructor(fake: FakeApiServer, client: ApiClient, clock: ManualClock) {
    this.fake = fake;
    this.client = client;
    this.clock = clock;
  }

  static async open(): Promise<Stage> {
    const fake = await FakeApiServer.start();
    const clock = new ManualClock(20_000);
    return new Stage(fake, await clientOf(fake.url, { token: "t" }, clock), clock);
  }

  get reflector(): Reflector {
    if (!this.#reflector) throw new Error("it was not started");
    return this.#reflector;
  }

  start(other: Partial<ReflectorOptions> = {}): Reflector {
    const { client, clock, consumer, stop, troubles } = this;
    this.#reflector = startReflector({
      client,
      resource: THINGS,
      apply: consumer.apply,
      clock,
      random: () => 0,
      signal: stop.signal,
      onTrouble: (trouble) => void troubles.push(trouble),
      ...other,
    });
    return this.#reflector;
  }

  /** Started, synced, and with a watch. */
  async following(other: Partial<ReflectorOptions> = {}): Promise<void> {
    await this.start(other).hasSynced;
    await this.fake.until(({ watches }) => watches.size === 1);
  }

  put(key: string, fields: Record<string, unknown> = {}): void {
    this.fake.store.put(THINGS_AT, key, fields);
  }

  remove(key: string): void {
    this.fake.store.remove(THINGS_AT, key);
  }

  /** Whether the consumer has exactly what the server has, and in the same version. */
  isEqual(): boolean {
    const there = this.fake.store.all(THINGS_AT);
    const same = there.every(({ metadata: { namespace, name, uid, resourceVersion } }) => {
      const had = this.consumer.view.get(`${namespace}/${name}`);
      return had?.uid === uid && had.resourceVersion === resourceVersion;
    });
    return same && there.length === this.consumer.view.size;
  }

  async converged(): Promise<void> {
    await this.consumer.until(() => this.isEqual());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the test is over"));
    await this.#reflector?.done;
    await this.client[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
  }
}
