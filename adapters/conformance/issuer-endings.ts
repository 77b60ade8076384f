/** Conformance of issuers: ending credentials, and keeping their values to oneself. */
// oxlint-disable vitest/no-standalone-expect -- every case runs inside a test of issuer.ts
import { expect } from "vitest";
import { isAdapterError, Terminal } from "../errors.ts";
import {
  attemptOf,
  expectNoTrace,
  idOf,
  type IssuerTest,
  expectLiveness,
  mintNext,
  never,
  newMarker,
  order,
} from "./issuer-bench.ts";
import { everything, failure } from "./wire.ts";

export const ENDING = {
  "revokes exactly one id": async (bench) => {
    const { issuer, adopted } = bench;
    const { minted } = await mintNext(bench);
    await issuer.revoke(await idOf(issuer, adopted), never, adopted);
    await expectLiveness(issuer, adopted, "dead");
    await expectLiveness(issuer, minted.value, "alive");
  },

  "revokes again without an error": async (bench) => {
    const { minted } = await mintNext(bench);
    await bench.issuer.revoke(minted.id, never, minted.value);
    await bench.other().revoke(minted.id, never, minted.value);
    await expectLiveness(bench.issuer, minted.value, "dead");
  },

  "takes an unknown id for one that is gone": async ({ issuer, adopted, unknownId }) => {
    expect(await issuer.revoke(unknownId, never)).toEqual([]);
    expect(await issuer.destroy(unknownId, never)).toEqual([]);
    await expectLiveness(issuer, adopted, "alive");
  },

  "leaves what took a place alone when the id from before is revoked": async (bench) => {
    const { issuer } = bench;
    const { minted: first } = await mintNext(bench);
    await issuer.revoke(first.id, never, first.value);
    await issuer.destroy(first.id, never);
    const { minted: second } = await mintNext(bench);
    await issuer.revoke(first.id, never, first.value);
    await issuer.destroy(first.id, never);
    expect(second.id).not.toBe(first.id);
    await expectLiveness(issuer, second.value, "alive");
  },

  "restores a quarantined value": async (bench) => {
    const { issuer, adopted } = bench;
    const id = await idOf(issuer, adopted);
    await issuer.revoke(id, never, adopted);
    await issuer.restore?.(id, never);
    await expectLiveness(issuer, adopted, "alive");
    expect(await idOf(issuer, adopted)).toBe(id);
  },

  "restores nothing that is destroyed": async ({ issuer, adopted }) => {
    const id = await idOf(issuer, adopted);
    await issuer.destroy(id, never);
    expect(await failure(issuer.restore?.(id, never) ?? Promise.resolve())).toBeInstanceOf(Terminal);
    await expectLiveness(issuer, adopted, "dead");
  },

  "destroys for good, and again without an error": async ({ issuer, adopted }) => {
    const id = await idOf(issuer, adopted);
    await issuer.revoke(id, never, adopted);
    await issuer.destroy(id, never);
    await issuer.destroy(id, never);
    await expectLiveness(issuer, adopted, "dead");
    expect((await issuer.list(never)).map((key) => key.id)).not.toContain(id);
  },

  "counts uses": async ({ issuer, adopted }) => {
    const usage = await issuer.usage?.(await idOf(issuer, adopted), never);
    expect(usage).toBeDefined();
  },
} satisfies Record<string, IssuerTest>;

export const DISCRETION = {
  "lists no value": async (bench) => {
    const { minted } = await mintNext(bench);
    const listed = everything(await bench.issuer.list(never));
    expectNoTrace(listed, [bench.issuer.complete(bench.adopted), minted.value], bench.issuer);
  },

  "stops when its signal aborts": async (bench) => {
    const { minted } = await mintNext(bench);
    const next = { marker: newMarker(), inventory: [], proposed: minted.value };
    await using issuer = await bench.unreachable();
    const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
      async (signal) => issuer.list(signal),
      async (signal) => issuer.verify(minted.value, signal),
      async (signal) => issuer.identify(minted.value, signal),
      async (signal) => issuer.mint(next, signal),
      async (signal) => issuer.revoke(minted.id, signal, minted.value),
      async (signal) => issuer.destroy(minted.id, signal),
    ];
    for (const call of calls) {
      const begun = performance.now();
      expect(isAdapterError(await failure(call(AbortSignal.abort())))).toBe(true);
      expect(isAdapterError(await failure(call(AbortSignal.timeout(50))))).toBe(true);
      expect(performance.now() - begun).toBeLessThan(1_500);
    }
    await expectLiveness(bench.issuer, minted.value, "alive");
  },

  "shows no value in an error": async (bench) => {
    const late = await order(bench.issuer, bench.adopted);
    const { minted } = await mintNext(bench);
    await using issuer = await bench.unreachable();
    // A vendor without places takes a late mint too: then there is no error to look at.
    const refusal = async (work: Promise<unknown>): Promise<unknown[]> => {
      const [result] = await Promise.allSettled([work]);
      return result.status === "rejected" ? [result.reason] : [];
    };
    const errors = [
      ...(await refusal(bench.issuer.mint(late, never))),
      ...(await refusal(bench.issuer.mint({ ...late, marker: "no marker" }, never))),
      await failure(issuer.mint(late, AbortSignal.timeout(100))),
      await failure(issuer.identify(minted.value, AbortSignal.timeout(100))),
    ];
    const values = [late.proposed ?? {}, minted.value, bench.issuer.complete(bench.adopted)];
    for (const error of errors) expectNoTrace(everything(error), values, bench.issuer);
    expect(errors.every(isAdapterError)).toBe(true);
  },

  "leaves no value in what the vendor records": async (bench) => {
    const { issuer, adopted } = bench;
    const { order, minted } = await mintNext(bench);
    await issuer.verify(minted.value, never);
    await issuer.verify(issuer.mutate(minted.value), never);
    await issuer.mint(order, never);
    await issuer.revoke(minted.id, never, minted.value);
    await issuer.destroy(minted.id, never);
    const recorded = (await bench.recorded?.()) ?? "";
    expect(recorded).toContain(attemptOf(order));
    expectNoTrace(recorded, [issuer.complete(adopted), minted.value, issuer.mutate(minted.value)], issuer);
  },
} satisfies Record<string, IssuerTest>;
