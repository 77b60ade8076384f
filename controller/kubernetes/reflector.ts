import { Backoff } from "./backoff.ts";
import type { Change, Known } from "./change.ts";
import type { ApiClient, WatchEvent } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Comeback } from "./comeback.ts";
import { Delivery } from "./delivery.ts";
import { isApiError } from "./error.ts";
import { readPage } from "./list.ts";
import { keyOf } from "./object.ts";
import type { ApiObject } from "./object.ts";
import { ReflectorCounters, restartReason } from "./reflector-counters.ts";
import type { ReflectorMetrics, RestartReason } from "./reflector-counters.ts";
import { isOlder } from "./resource-version.ts";
import { pathOf } from "./resource.ts";
import type { Resource } from "./resource.ts";
import { Vigil } from "./vigil.ts";

export type { Change };

export interface Trouble {
  readonly during: "list" | "watch" | "apply";
  readonly error: unknown;
  /** It is tried again by itself. */
  readonly retryInMs: number;
}

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** All namespaces when left out. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /**
   * Takes a batch: pages of the first list, then what changes. No two run at once, and until it resolves nothing further is read beyond
   * what coalesces by key. A batch that it rejects comes again, unchanged, until it succeeds; so what it did of it before must bear being
   * done again. Within a batch, an object of another uid comes after the deletion of the one whose name it took.
   *
   * `whole`: this batch, even an empty one, completes a list. After the first one everything that exists was brought since the start, and
   * what the consumer still has from earlier lives does not exist.
   */
  apply(this: void, changes: readonly Change[], whole: boolean): Promise<void>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** The only way to stop it. */
  readonly signal: AbortSignal;
  onTrouble(this: void, trouble: Trouble): void;
  /** A watch has begun: there is no trouble any more. Must not throw. */
  onWatching?(this: void): void;
  /** Shared by all reflectors of an API server: ends their pauses as soon as it is back. */
  readonly comeback?: Comeback;
}

export interface Reflector {
  /** Resolves when the first list was applied; rejects with the signal's reason when that comes first. */
  readonly hasSynced: Promise<void>;
  /** Resolves after the signal was aborted, when nothing runs any more: no request, no apply. Never rejects. */
  readonly done: Promise<void>;
  /** By key, what was applied. */
  readonly known: ReadonlyMap<string, Known>;
  metrics(): ReflectorMetrics;
}

const BACKOFF = { firstMs: 800, longestMs: 30_000, healthyMs: 120_000 };
const PAGE = 500;
const WATCH_SECONDS = { least: 300, spread: 301 };
/** How long after its own end a watch that says nothing is taken for dead. */
const SILENCE_MS = 30_000;
/** A watch that the server ends sooner than this is none. */
const SHORT_MS = 1_000;
/** Between two lists where the server was away in between: it may go away often. */
const RESTED_MS = 3_000;
/** One that lasted so long got on, even where there was nothing to say. */
const STEADY_MS = 10_000;

/**
 * Follows all objects of a kind, in one namespace or in all, through whatever happens to the API server: a list in pages, then a watch,
 * and a new list where the watch cannot go on. It keeps keys, uids and versions, never objects.
 */
export function startReflector(options: ReflectorOptions): Reflector {
  return new Following(options);
}

class Following implements Reflector {
  readonly hasSynced: Promise<void>;
  readonly done: Promise<void>;
  readonly known: ReadonlyMap<string, Known>;
  readonly #options: ReflectorOptions;
  readonly #delivery: Delivery;
  readonly #backoff: Backoff;
  readonly #counters = new ReflectorCounters();
  readonly #synced = Promise.withResolvers<void>();
  #limit = PAGE;
  /** Up to which version everything was taken; undefined: list. */
  #version: string | undefined;
  #during: "list" | "watch" = "list";
  /** When the last list ended. */
  #listedMs = 0;
  /** When the last watch began. */
  #watchedMs = 0;
  /** Whether something ended since the last list. */
  #restarted = false;
  /** Whether the server was in trouble since the last list. */
  #broke = false;
  /** Whether it got on since its last pause: then the next one ends at the first sign that the server is there. */
  #gotOn = true;

  constructor(options: ReflectorOptions) {
    const { clock, random, signal } = options;
    this.#options = options;
    this.#backoff = new Backoff(BACKOFF, clock, random);
    const ofApply = new Backoff(BACKOFF, clock, random);
    const pause = (error: unknown): Promise<void> => this.#pause("apply", error, ofApply.nextMs());
    this.#delivery = new Delivery({ apply: options.apply, pause, signal });
    this.known = this.#delivery.known;
    this.hasSynced = this.#synced.promise;
    this.hasSynced.catch(() => {});
    this.done = this.#run();
  }

  metrics(): ReflectorMetrics {
    return this.#counters.metrics();
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      try {
        this.#during = this.#version === undefined ? "list" : "watch";
        if (this.#version === undefined) await this.#list();
        else await this.#watch(this.#version);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error).catch(() => {});
      }
    }
    await this.#delivery.idle();
    this.#synced.reject(signal.reason);
  }

  async #list(): Promise<void> {
    const { client, signal } = this.#options;
    await this.#delivery.idle();
    this.#counters.lists += 1;
    const gone = new Set(this.known.keys());
    let version: string | undefined;
    let next: string | undefined;
    do {
      const page = await readPage(client, this.#options, this.#limit, next, signal);
      this.#counters.event(this.#options.clock.now());
      version ??= page.resourceVersion;
      next = page.next;
      for (const key of page.objects.keys()) gone.delete(key);
      const newest = new Map<string, ApiObject | undefined>(page.objects);
      if (next === undefined) for (const key of gone) newest.set(key, undefined);
      await this.#delivery.bring(newest, next === undefined);
      signal.throwIfAborted();
    } while (next !== undefined);
    this.#version = version;
    this.#listedMs = this.#options.clock.monotonicMs();
    this.#restarted = false;
    this.#broke = false;
    this.#gotOn = true;
    this.#synced.resolve();
  }

  async #watch(from: string): Promise<void> {
    const { client, clock, resource, namespace, signal } = this.#options;
    if (this.#restarted && (await this.#isRewound(from))) return this.#relist("rewound");
    this.#restarted = true;
    this.#counters.watches += 1;
    const timeoutSeconds = WATCH_SECONDS.least + Math.floor(this.#options.random() * WATCH_SECONDS.spread);
    const query = { ...this.#query(from), timeoutSeconds: String(timeoutSeconds) };
    this.#watchedMs = clock.monotonicMs();
    using vigil = new Vigil(signal, timeoutSeconds * 1_000 + SILENCE_MS, clock);
    for await (const event of client.watch(
      { method: "GET", path: pathOf(resource, { namespace }), query },
      vigil.signal,
      this.#options.onWatching,
    )) {
      await vigil.leave(() => this.#take(event));
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
    this.#counters.restart("ended");
    if (clock.monotonicMs() - this.#watchedMs < SHORT_MS) await this.#sleep(this.#backoff.nextMs());
  }

  #query(resourceVersion: string): Record<string, string | undefined> {
    return { resourceVersion, allowWatchBookmarks: "true", labelSelector: this.#options.labelSelector };
  }

  async #take(event: WatchEvent): Promise<void> {
    this.#options.signal.throwIfAborted();
    this.#counters.event(this.#options.clock.now());
    if (event.type === "ERROR") throw event.object;
    this.#gotOn = true;
    if (event.type !== "BOOKMARK") {
      await this.#delivery.put(keyOf(event.object), event.type === "DELETED" ? undefined : event.object);
    }
    this.#version = event.object.metadata.resourceVersion;
  }

  /**
   * After a restored backup the API server counts from a lower version again, and a watch from a higher one would wait in silence until
   * that is reached.
   */
  async #isRewound(from: string): Promise<boolean> {
    const { client, signal } = this.#options;
    const { resourceVersion } = await readPage(client, this.#options, 1, undefined, signal);
    return isOlder(resourceVersion, from);
  }

  #relist(reason: RestartReason): void {
    this.#counters.restart(reason);
    this.#version = undefined;
  }

  async #recover(error: unknown): Promise<void> {
    const during = this.#during;
    if (during === "watch" && this.#options.clock.monotonicMs() - this.#watchedMs >= STEADY_MS) this.#gotOn = true;
    const reason = restartReason(error);
    if (reason === "gone") this.#relist(reason);
    else this.#counters.restart(reason);
    if (isApiError(error) && error.reason === "ClusterAnswerTooLarge") this.#limit = Math.ceil(this.#limit / 2);
    const rest = reason === "gone" && during === "watch" ? this.#restBeforeList() : undefined;
    if (reason !== "gone") this.#broke = true;
    await this.#pause(during, error, rest ?? this.#backoff.nextMs());
  }

  /**
   * That history is forgotten after an outage is no failure to recover from; only one list after the other would be. Undefined: it is one,
   * as nothing broke since the last list.
   */
  #restBeforeList(): number | undefined {
    const listedMs = this.#options.clock.monotonicMs() - this.#listedMs;
    if (this.#broke) return Math.max(0, RESTED_MS - listedMs);
    return listedMs >= BACKOFF.longestMs ? 0 : undefined;
  }

  /** Rejects when the signal is aborted. */
  async #pause(during: Trouble["during"], error: unknown, retryInMs: number): Promise<void> {
    this.#options.signal.throwIfAborted();
    try {
      this.#options.onTrouble({ during, error, retryInMs });
    } catch {
      // A report that fails stops nothing.
    }
    if (during === "apply" || restartReason(error) === "gone") return this.#sleep(retryInMs);
    await this.#untilBack(retryInMs);
  }

  /** One that fails again at once has nothing to hope from a server that is there. */
  async #untilBack(ms: number): Promise<void> {
    const { comeback, signal } = this.#options;
    if (comeback === undefined) return this.#sleep(ms);
    const hopeful = this.#gotOn;
    this.#gotOn = false;
    await comeback.pause(ms, hopeful, signal);
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#options.signal);
  }
}
