import { describe, expect, it } from "vitest";
import { ManualClock } from "./clock.fixture.ts";
import { KeyQueue } from "./queue.ts";
import type { KeyQueueOptions } from "./queue.ts";

/** A queue whose work a test ends, key by key. */
class Bench {
  readonly clock = new ManualClock(0);
  readonly stop = new AbortController();
  readonly begun: string[] = [];
  readonly troubles: number[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<void>>();
  readonly queue: KeyQueue;
  most = 0;

  constructor(other: Partial<KeyQueueOptions> = {}) {
    this.queue = new KeyQueue({
      work: (key) => {
        if (this.#open.has(key)) throw new Error("twice at once");
        this.begun.push(key);
        const work = Promise.withResolvers<void>();
        this.#open.set(key, work);
        this.most = Math.max(this.most, this.#open.size);
        return work.promise;
      },
      concurrency: 2,
      clock: this.clock,
      random: () => 0,
      signal: this.stop.signal,
      onTrouble: ({ retryInMs }) => void this.troubles.push(retryInMs),
      ...other,
    });
  }

  async end(key: string, error?: Error): Promise<void> {
    const work = this.#open.get(key);
    if (!work) throw new Error(`${key} is not worked on`);
    this.#open.delete(key);
    if (error) work.reject(error);
    else work.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a queue of keys", () => {
  it("works on a key once that was added often before its turn came, in the order of the first time", async () => {
    const bench = new Bench({ concurrency: 1 });
    for (const key of ["a", "b", "c", "b", "c", "b"]) bench.queue.add(key);
    expect(bench.queue.size).toBe(3);
    await bench.end("a");
    await bench.end("b");
    await bench.end("c");
    expect(bench.begun).toEqual(["a", "b", "c"]);
    expect(bench.queue.size).toBe(0);
  });

  it("works once more on a key that was added during its work, and never twice at once", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    for (let count = 0; count < 5; count += 1) bench.queue.add("a");
    expect(bench.begun).toEqual(["a"]);
    await bench.end("a");
    expect(bench.begun).toEqual(["a", "a"]);
    await bench.end("a");
    expect(bench.queue.size).toBe(0);
  });

  it("works on so many keys at once, and no more", async () => {
    const bench = new Bench();
    for (const key of ["a", "b", "c", "d"]) bench.queue.add(key);
    expect(bench.begun).toEqual(["a", "b"]);
    for (const key of ["b", "a", "c", "d"]) await bench.end(key);
    expect(bench.begun).toEqual(["a", "b", "c", "d"]);
    expect(bench.most).toBe(2);
    expect(() => new Bench({ concurrency: 0 })).toThrow(RangeError);
  });

  it("waits longer after each failure of a key, and forgets them when it succeeds", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    for (const pause of [400, 800, 1_600]) {
      await bench.end("a", new Error("no"));
      await bench.pass(pause - 1);
      expect(bench.begun).toHaveLength(bench.troubles.length);
      await bench.pass(1);
    }
    await bench.end("a");
    bench.queue.add("a");
    await bench.end("a", new Error("no"));
    expect(bench.troubles).toEqual([400, 800, 1_600, 400]);
  });

  it("waits at most five minutes, however often a key fails", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    for (let count = 0; count < 15; count += 1) {
      await bench.end("a", new Error("no"));
      await bench.pass(300_000);
    }
    expect(Math.max(...bench.troubles)).toBe(150_000);
  });

  it("counts the failures of each key for itself", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    await bench.end("a", new Error("no"));
    bench.queue.add("b");
    await bench.end("b", new Error("no"));
    expect(bench.troubles).toEqual([400, 400]);
  });

  it("does not wait with a failed key to which something happened", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    bench.queue.add("a");
    await bench.end("a", new Error("no"));
    expect(bench.begun).toEqual(["a", "a"]);
    await bench.end("a");
    await bench.pass(300_000);
    expect(bench.begun).toEqual(["a", "a"]);
  });

  it("brings a key after a while, at the earliest of its times, once", async () => {
    const bench = new Bench();
    bench.queue.addAfter("a", 1_000);
    bench.queue.addAfter("a", 500);
    bench.queue.addAfter("a", 2_000);
    await bench.pass(499);
    expect(bench.begun).toEqual([]);
    await bench.pass(1);
    expect(bench.begun).toEqual(["a"]);
    await bench.end("a");
    await bench.pass(5_000);
    expect(bench.begun).toEqual(["a"]);
  });

  it("forgets a key that is no more", async () => {
    const bench = new Bench();
    bench.queue.add("a");
    await bench.end("a", new Error("no"));
    bench.queue.forget("a");
    await bench.pass(300_000);
    expect(bench.begun).toEqual(["a"]);
    bench.queue.add("a");
    await bench.end("a", new Error("no"));
    expect(bench.troubles).toEqual([400, 400]);
  });

  it("drains: what waits is done, what comes later or anew is not", async () => {
    const bench = new Bench({ concurrency: 1 });
    bench.queue.add("a");
    bench.queue.add("b");
    bench.queue.addAfter("c", 10);
    let drained = false;
    const drain = bench.queue.drain().then(() => (drained = true));
    bench.queue.add("d");
    await bench.pass(10);
    await bench.end("a", new Error("no"));
    expect(drained).toBe(false);
    await bench.end("b");
    await drain;
    expect(bench.begun).toEqual(["a", "b"]);
    expect(bench.clock.sleeping()).toEqual([]);
  });

  it("drains at once when there is nothing", async () => {
    await expect(new Bench().queue.drain()).resolves.toBeUndefined();
  });

  it("begins nothing after its signal, and lets what is under way end", async () => {
    const bench = new Bench({ concurrency: 1 });
    for (const key of ["a", "b"]) bench.queue.add(key);
    bench.queue.add("a");
    bench.queue.addAfter("c", 10);
    bench.stop.abort();
    bench.queue.add("d");
    await bench.pass(10);
    const drain = bench.queue.drain();
    await bench.end("a");
    await drain;
    expect(bench.begun).toEqual(["a"]);
    const late = new Bench({ signal: AbortSignal.abort() });
    late.queue.add("a");
    expect(late.begun).toEqual([]);
  });

  it("goes on when work throws at once, or a report does", async () => {
    const begun: string[] = [];
    const bench = new Bench({
      work: (key) => {
        begun.push(key);
        throw new Error("at once");
      },
      onTrouble: () => {
        throw new Error("no");
      },
    });
    bench.queue.add("a");
    bench.queue.add("b");
    await bench.pass(400);
    expect(begun).toEqual(["a", "b", "a", "b"]);
  });
});
