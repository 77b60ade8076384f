import { RateLimit } from "./rate-limit.ts";
import type { ApiClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import { isApiError } from "./error.ts";
import type { ApiObject } from "./object.ts";
import { pathOf } from "./resource.ts";
import { oneLine, oneLineOfBytes } from "./text.ts";

/** What an event is about. */
export type Regarding = Pick<ApiObject, "apiVersion" | "kind"> & {
  /** Without a uid: whatever has that name, for who cannot read it. */
  readonly metadata: Pick<ApiObject["metadata"], "name" | "namespace"> & { readonly uid?: string };
};

export interface EventText {
  readonly type: "Normal" | "Warning";
  /** Why: CamelCase, one of few. */
  readonly reason: string;
  /** What was done: CamelCase, one of few. */
  readonly action: string;
  /** For a person; at most a kibibyte is kept. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** `example.com/controller`. */
  readonly controller: string;
  /** Which of several replicas. */
  readonly instance: string;
  readonly clock: Clock;
  /** In [0, 1): makes the names of events. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export interface EventMetrics {
  /** New events and new counts that the API server has. */
  readonly sent: number;
  /** What it never heard of: too many, too fast, or it was away. */
  readonly dropped: number;
}

interface Series {
  readonly event: object;
  readonly path: string;
  readonly namespace: string;
  name: string | undefined;
  count: number;
  lastMs: number;
  lastAt: string;
  queued: boolean;
}

const EVENTS = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true } as const;
const SERIES_MS = 6 * 60_000;
const MAX_SERIES = 1_024;
const MAX_WAITING = 256;
const TIMEOUT_MS = 5_000;
const MAX_NOTE_BYTES = 1_024;
const MAX_WORD = 128;

/**
 * Tells what happened to objects as Events. The same about the same object is one event that counts. Nothing depends on it: it never
 * throws, never waits, and drops what it cannot send.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #waiting: Series[] = [];
  readonly #rate: RateLimit;
  #sending: Promise<void> | undefined;
  #sent = 0;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#rate = new RateLimit({ burst: 25, everyMs: 30_000, keys: MAX_SERIES }, options.clock);
  }

  record(regarding: Regarding, text: EventText): void {
    const now = this.#options.clock.monotonicMs();
    const series = this.#seriesOf(regarding, text, now);
    series.count += 1;
    series.lastMs = now;
    series.lastAt = microTime(this.#options.clock.now());
    if (series.queued) return;
    const { name, uid = name } = regarding.metadata;
    const room = !this.#options.signal.aborted && this.#waiting.length < MAX_WAITING;
    if (!room || !this.#rate.take(uid)) return void (this.#dropped += 1);
    series.queued = true;
    this.#waiting.push(series);
    this.#sending ??= this.#send();
  }

  metrics(): EventMetrics {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  /** Resolves when nothing waits to be sent. Never rejects. */
  async flush(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  #seriesOf(regarding: Regarding, text: EventText, now: number): Series {
    const { name, uid } = regarding.metadata;
    const id = JSON.stringify([regarding.kind, name, uid, text.type, text.reason, text.action, text.note]);
    const old = this.#series.get(id);
    this.#series.delete(id);
    const series = old && now - old.lastMs <= SERIES_MS ? old : this.#begin(regarding, text, now);
    this.#series.set(id, series);
    // The first one is the one that was quiet the longest.
    for (const oldest of this.#series.keys()) if (this.#series.size > MAX_SERIES) this.#series.delete(oldest);
    return series;
  }

  #begin(regarding: Regarding, text: EventText, now: number): Series {
    const { controller, instance, clock } = this.#options;
    const { apiVersion, kind, metadata } = regarding;
    const { name, uid } = metadata;
    // The events of what has no namespace are looked for in this one.
    const namespace = metadata.namespace ?? "default";
    const at = microTime(clock.now());
    const event = {
      eventTime: at,
      type: text.type,
      reason: oneLine(text.reason, MAX_WORD),
      action: oneLine(text.action, MAX_WORD),
      note: oneLineOfBytes(text.note, MAX_NOTE_BYTES),
      regarding: {
        apiVersion,
        kind,
        name,
        ...(uid === undefined ? {} : { uid }),
        ...(metadata.namespace === undefined ? {} : { namespace }),
      },
      reportingController: controller,
      reportingInstance: oneLine(instance, MAX_WORD),
    };
    return { event, path: name, namespace, name: undefined, count: 0, lastMs: now, lastAt: at, queued: false };
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    for (let series = this.#waiting.shift(); series; series = this.#waiting.shift()) {
      series.queued = false;
      try {
        this.#options.signal.throwIfAborted();
        await this.#sendOne(series);
        this.#sent += 1;
      } catch {
        this.#dropped += 1;
      }
    }
    this.#sending = undefined;
  }

  async #sendOne(series: Series): Promise<void> {
    if (series.name === undefined) return this.#create(series);
    const { namespace, name, count, lastAt } = series;
    const { client, signal } = this.#options;
    const path = pathOf(EVENTS, { namespace, name });
    const body = { series: { count, lastObservedTime: lastAt } };
    try {
      await client.send(
        { method: "PATCH", path, body, contentType: "application/merge-patch+json", timeoutMs: TIMEOUT_MS },
        signal,
      );
    } catch (error) {
      // The API server forgets events after an hour.
      if (!isApiError(error) || error.status !== 404) throw error;
      await this.#create(series);
    }
  }

  async #create(series: Series): Promise<void> {
    const { client, random, signal } = this.#options;
    const { namespace, count, lastAt } = series;
    const name = eventName(series.path, random);
    const body = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name, namespace },
      ...series.event,
      ...(count < 2 ? {} : { series: { count, lastObservedTime: lastAt } }),
    };
    await client.send({ method: "POST", path: pathOf(EVENTS, { namespace }), body, timeoutMs: TIMEOUT_MS }, signal);
    series.name = name;
  }
}

/** Begins with the object's own, as people expect, and is a name whatever that is cut to. */
function eventName(of: string, random: () => number): string {
  const hex = Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, "0");
  return `${of.slice(0, 200).replace(/[.-]+$/, "")}.${hex}`;
}

/** Of the microseconds that the format wants, a clock of milliseconds knows three digits. */
function microTime(at: Date): string {
  return at.toISOString().replace("Z", "000Z");
}
