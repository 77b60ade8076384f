/**
 * What every sink must do, whatever is behind it. A sink's test calls `sinkConformance` with a bench that can look at the target and
 * change it by the target's own means, past the sink. A case that a vendor makes impossible is declared with the reason, and shown.
 */
import type { TestContext } from "vitest";
import { describe, expect, it } from "vitest";
import type { Sink, WriteOrder } from "../contract.ts";
import { Transient, isAdapterError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { everything, failure } from "./wire.ts";

export interface SinkBench extends AsyncDisposable {
  readonly sink: Sink;
  /** The same target through a connection of its own, as another replica has it. */
  readonly other: () => Sink;
  /** Sets keys at the target behind the sink's back, and makes the target where it is missing. */
  readonly plant: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** What is really there; for a target that shows no values, what was last written. Empty where the target is missing. */
  readonly peek: () => Promise<Readonly<Record<string, string>>>;
  /** Changes with every write at the target, the same content included. */
  readonly stamp: () => Promise<string>;
}

export type SinkCase =
  | "creates a missing target"
  | "shows a missing target as one without keys"
  | "shows what it wrote"
  | "keeps every value exactly"
  | "leaves foreign keys as they are"
  | "writes nothing where nothing changes"
  | "replaces what somebody else wrote under an owned key"
  | "removes an owned key and no other"
  | "sees a change behind its back"
  | "writes against the version that it observed"
  | "refuses a write against an older version"
  | "creates against the version of a missing target"
  | "changes all keys at once"
  | "loses no key when two write at once"
  | "stops when its signal aborts"
  | "shows no value in an error or an observation"
  | "says when a write has settled";

export interface SinkSuite {
  readonly name: string;
  /** A fresh, missing target. */
  readonly make: () => Promise<SinkBench>;
  /** Cases that this target makes impossible, each with the reason. */
  readonly impossible?: Readonly<Partial<Record<SinkCase, string>>>;
  /** Values that the sink must keep exactly, beside the usual ones. */
  readonly values?: readonly string[];
}

const CANARY = "cnry-9Fd4sJk2Vb7Nm1Qa";
const VALUES = [
  CANARY,
  "postgres://u:p%40@127.0.0.1:5432/db?sslmode=disable&a=b",
  "a b",
  "x=y",
  "1",
  "#x",
  "$HOME",
  "caf\u00e9 \u{1f512}",
];
const never = new AbortController().signal;

const set = (values: Readonly<Record<string, string | null>>, ifVersion?: string): WriteOrder => ({
  keys: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? null : Secret.from(value)]),
  ),
  ...(ifVersion === undefined ? {} : { ifVersion }),
});

export function sinkConformance(suite: SinkSuite): void {
  /** A bench for this case; a case that is declared impossible is skipped, with its reason. */
  const start = async (context: TestContext): Promise<SinkBench> => {
    const reason = Object.entries(suite.impossible ?? {}).find(([title]) => title === context.task.name)?.[1];
    if (reason !== undefined) context.skip(reason);
    return suite.make();
  };

  describe(`the sink ${suite.name}`, () => {
    it("declares impossible what its traits rule out, each with a reason", async () => {
      await using bench = await suite.make();
      const declared: Readonly<Partial<Record<SinkCase, string>>> = suite.impossible ?? {};
      const { atomic, conditional, grade } = bench.sink.traits;
      expect("changes all keys at once" in declared).toBe(!atomic);
      expect("refuses a write against an older version" in declared).toBe(!conditional);
      expect("sees a change behind its back" in declared).toBe(grade === "presence" || grade === "none");
      expect(Object.values(declared).filter((reason) => reason.trim().length < 10)).toEqual([]);
    });

    it("creates a missing target", async (context) => {
      await using bench = await start(context);
      const { sink, peek } = bench;
      const written = await sink.write(set({ A: "one", B: "two" }), never);
      expect(written.changed).toBe(true);
      expect(await peek()).toEqual({ A: "one", B: "two" });
    });

    it("shows a missing target as one without keys", async (context) => {
      await using bench = await start(context);
      const { sink } = bench;
      expect((await sink.observe(["A", "B"], never)).keys).toEqual({ A: { present: false }, B: { present: false } });
    });

    it("leaves foreign keys as they are", async (context) => {
      await using bench = await start(context);
      const { sink, plant, peek } = bench;
      await plant({ FOREIGN: "keep me", A: "old" });
      await sink.write(set({ A: "new", B: "two" }), never);
      expect(await peek()).toEqual({ FOREIGN: "keep me", A: "new", B: "two" });
    });

    it("writes nothing where nothing changes", async (context) => {
      await using bench = await start(context);
      const { sink, stamp } = bench;
      const first = await sink.write(set({ A: "one", B: "two" }), never);
      const before = await stamp();
      const second = await sink.write(set({ A: "one", B: "two" }), never);
      expect(second.changed).toBe(false);
      expect(second.version).toBe(first.version);
      expect((await sink.write(set({ B: "two", GONE: null }), never)).changed).toBe(false);
      expect(await stamp()).toBe(before);
    });

    it("replaces what somebody else wrote under an owned key", async (context) => {
      await using bench = await start(context);
      const { sink, plant, peek } = bench;
      await sink.write(set({ A: "one" }), never);
      await plant({ A: "theirs" });
      expect((await sink.write(set({ A: "one" }), never)).changed).toBe(true);
      expect(await peek()).toEqual({ A: "one" });
    });

    it("removes an owned key and no other", async (context) => {
      await using bench = await start(context);
      const { sink, plant, peek } = bench;
      await plant({ FOREIGN: "keep me" });
      await sink.write(set({ A: "one", B: "two" }), never);
      expect((await sink.write(set({ A: null }), never)).changed).toBe(true);
      expect(await peek()).toEqual({ FOREIGN: "keep me", B: "two" });
      expect((await sink.observe(["A", "B"], never)).keys).toMatchObject({
        A: { present: false },
        B: { present: true },
      });
    });

    it("says when a write has settled", async (context) => {
      await using bench = await start(context);
      const { sink } = bench;
      const written = await sink.write(set({ A: "one" }), never);
      await expect
        .poll(async () => (await sink.settle(written, never)).state, { timeout: 10_000, interval: 50 })
        .toBe("settled");
    });

    it("writes against the version that it observed", async (context) => {
      await using bench = await start(context);
      const { sink, plant, peek } = bench;
      await plant({ A: "old" });
      const { version } = await sink.observe(["A"], never);
      expect((await sink.write(set({ A: "new" }, version), never)).changed).toBe(true);
      expect(await peek()).toEqual({ A: "new" });
    });

    it("refuses a write against an older version", async (context) => {
      await using bench = await start(context);
      const { sink, plant, peek, stamp } = bench;
      await plant({ A: "old" });
      const { version } = await sink.observe(["A"], never);
      await plant({ FOREIGN: "changed meanwhile" });
      const before = await stamp();
      const error = await failure(sink.write(set({ A: "new" }, version), never));
      expect(error).toBeInstanceOf(Transient);
      expect(error).toMatchObject({ reason: "VersionConflict" });
      expect(await stamp()).toBe(before);
      expect(await peek()).toEqual({ A: "old", FOREIGN: "changed meanwhile" });
    });

    it("creates against the version of a missing target", async (context) => {
      await using bench = await start(context);
      const { sink, other } = bench;
      const { version } = await sink.observe(["A"], never);
      await sink.write(set({ A: "first" }, version), never);
      expect(await failure(other().write(set({ A: "second" }, version), never))).toMatchObject({
        reason: "VersionConflict",
      });
    });

    it("changes all keys at once", async (context) => {
      await using bench = await start(context);
      const { sink, peek } = bench;
      await sink.write(set({ A: "0", B: "0" }), never);
      const seen = new Set<string>();
      const writer = (async () => {
        for (let round = 1; round <= 30; round += 1) await sink.write(set({ A: `${round}`, B: `${round}` }), never);
        return "done";
      })();
      while ((await Promise.race([writer, peek()])) !== "done") {
        const { A, B } = await peek();
        expect(B).toBe(A);
        seen.add(A ?? "");
      }
      expect(seen.size).toBeGreaterThan(1);
    });

    it("loses no key when two write at once", async (context) => {
      await using bench = await start(context);
      const { sink, other, peek, plant } = bench;
      await plant({ FOREIGN: "keep me" });
      const second = other();
      const orders = Array.from(
        { length: 10 },
        (_unused, index) => [set({ [`A${index}`]: "a" }), set({ [`B${index}`]: "b" })] as const,
      );
      for (const [left, right] of orders) await Promise.all([sink.write(left, never), second.write(right, never)]);
      const wanted = orders.flatMap((pair) => pair.flatMap((order) => Object.keys(order.keys)));
      expect(Object.keys(await peek()).sort()).toEqual([...wanted, "FOREIGN"].sort());
    });

    it("stops when its signal aborts", async (context) => {
      await using bench = await start(context);
      const { sink, peek } = bench;
      const stopped = AbortSignal.abort();
      for (const work of [sink.write(set({ A: CANARY }), stopped), sink.observe(["A"], stopped)]) {
        expect(isAdapterError(await failure(work))).toBe(true);
      }
      expect(await peek()).toEqual({});
    });

    it("shows what it wrote", async (context) => {
      await using bench = await start(context);
      const { sink, other } = bench;
      const written = await sink.write(set({ A: "one" }), never);
      for (const eye of [sink, other()]) {
        const seen = await eye.observe(["A", "B"], never);
        expect(seen.keys.A?.present).toBe(true);
        expect(seen.keys.B).toEqual({ present: false });
        expect(seen.keys.A?.value?.reveal()).toBe(sink.traits.grade === "value" ? "one" : undefined);
        expect(seen.version).toBe(written.version);
      }
    });

    it("keeps every value exactly", async (context) => {
      await using bench = await start(context);
      const { sink, peek } = bench;
      for (const value of [...VALUES, ...(suite.values ?? [])]) {
        await sink.write(set({ A: value, B: `${value}${value}` }), never);
        expect(await peek()).toEqual({ A: value, B: `${value}${value}` });
        const seen = await sink.observe(["A"], never);
        expect(seen.keys.A?.value?.reveal()).toBe(sink.traits.grade === "value" ? value : undefined);
      }
    });

    it("sees a change behind its back", async (context) => {
      await using bench = await start(context);
      const { sink, plant } = bench;
      const written = await sink.write(set({ A: "one" }), never);
      await plant({ A: "two" });
      const seen = await sink.observe(["A"], never);
      expect(seen.version).not.toBe(written.version);
      expect(seen.keys.A?.value?.reveal()).toBe(sink.traits.grade === "value" ? "two" : undefined);
    });

    it("shows no value in an error or an observation", async (context) => {
      await using bench = await start(context);
      const { sink, plant } = bench;
      await plant({ A: "old" });
      await sink.write(set({ A: CANARY }), never);
      expect(everything(await sink.observe(["A"], never))).not.toContain(CANARY);
      const conflict = await failure(
        sink.write(set({ A: `${CANARY}2` }, "no such version"), never).then(() => throwDone()),
      );
      const stopped = await failure(sink.write(set({ A: `${CANARY}3` }), AbortSignal.abort()));
      for (const error of [conflict, stopped]) expect(everything(error)).not.toContain(CANARY);
    });
  });
}

/** A sink without conditional writes accepts any version. */
function throwDone(): never {
  throw new Error("written");
}
