import { describe, expect, it } from "vitest";
import { linked, sharedDeadlines, unlessAborted } from "./deadlines.ts";

describe("deadlines of many calls", () => {
  it("are one signal for all who ask for the same time within a tenth of a second, and never come early", () => {
    const asked: number[] = [];
    let now = 0;
    const timeout = sharedDeadlines(
      () => now,
      (ms) => (asked.push(ms), new AbortController().signal),
    );
    const first = timeout(2_000);
    now = 100;
    expect(timeout(2_000)).toBe(first);
    expect(timeout(3_000)).not.toBe(first);
    now = 101;
    expect(timeout(2_000)).not.toBe(first);
    expect(asked).toEqual([2_100, 3_100, 2_100]);
  });

  it("are each its own where they are short", () => {
    const timeout = sharedDeadlines(
      () => 0,
      (ms) => (expect(ms).toBe(50), new AbortController().signal),
    );
    expect(timeout(50)).not.toBe(timeout(50));
  });
});

describe("a linked signal", () => {
  it("aborts with the first of its signals, for its reason, and says so once", () => {
    const [one, other] = [new AbortController(), new AbortController()];
    let stops = 0;
    using link = linked([one.signal, other.signal], () => (stops += 1));
    other.abort("late");
    expect(link.signal.reason).toBe("late");
    expect(stops).toBe(1);
  });

  it("is aborted already where one of them is, which is no news, and never aborts once it is let go", () => {
    let stops = 0;
    const stop = () => (stops += 1);
    expect(linked([AbortSignal.abort()], stop).signal.aborted).toBe(true);
    const late = new AbortController();
    const link = linked([late.signal], stop);
    link[Symbol.dispose]();
    late.abort();
    expect(link.signal.aborted).toBe(false);
    expect(stops).toBe(0);
  });
});

describe("work that may be given up", () => {
  it("answers where it ends first, throws what it throws, and is nothing where a signal comes before", async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(7), [signal])).toBe(7);
    await expect(unlessAborted(Promise.reject(new Error("no")), [signal])).rejects.toThrow("no");
    const late = new AbortController();
    const waiting = unlessAborted(new Promise(() => undefined), [signal, late.signal]);
    late.abort();
    expect(await waiting).toBeUndefined();
    expect(await unlessAborted(new Promise(() => undefined), [AbortSignal.abort()])).toBeUndefined();
  });
});
