/** Conformance of issuers: asking about values, and minting them. */
// oxlint-disable vitest/no-standalone-expect -- every case runs inside a test of issuer.ts
import { expect } from "vitest";
import type { IssuedKey } from "../contract.ts";
import { isAdapterError, Terminal } from "../errors.ts";
import { sameFields } from "../secret.ts";
import { isMarkedBy, type IssuerTest, expectLiveness, mintNext, never, order } from "./issuer-bench.ts";
import { failure } from "./wire.ts";

export const PROBING = {
  "says alive of a value that works": async (bench) => {
    const { minted } = await mintNext(bench);
    await expectLiveness(bench.issuer, bench.adopted, "alive");
    await expectLiveness(bench.issuer, minted.value, "alive");
  },

  "says dead of a mutated value": async ({ issuer, adopted }) => {
    await expectLiveness(issuer, issuer.mutate(adopted), "dead");
    await expectLiveness(issuer, issuer.mutate(issuer.complete(adopted)), "dead");
  },

  "mutates to another value of the same fields": async ({ issuer, adopted }) => {
    const wrong = issuer.mutate(adopted);
    expect(Object.keys(wrong).toSorted()).toEqual(Object.keys(adopted).toSorted());
    expect(sameFields(wrong, adopted)).toBe(false);
    for (const name of issuer.traits.publicFields) expect(wrong[name]?.reveal()).toBe(adopted[name]?.reveal());
  },

  "says inconclusive of a vendor that does not answer": async ({ unreachable, adopted }) => {
    await using issuer = await unreachable();
    await expectLiveness(issuer, adopted, "inconclusive");
  },

  "identifies a value from before Velvet": async ({ issuer, adopted }) => {
    const id = await issuer.identify(adopted, never);
    const listed = await issuer.list(never);
    expect(listed.filter((key) => key.enabled).map((key) => key.id)).toContain(id);
  },

  "identifies a value that it minted": async (bench) => {
    const { minted } = await mintNext(bench);
    expect(await bench.issuer.identify(minted.value, never)).toBe(minted.id);
  },

  "does not identify a value that is certainly wrong": async ({ issuer, adopted }) => {
    expect(await issuer.identify(issuer.mutate(adopted), never)).toBeUndefined();
  },
} satisfies Record<string, IssuerTest>;

export const MINTING = {
  "lists what it minted with its marker": async (bench) => {
    const { order, minted } = await mintNext(bench);
    const listed = (await bench.issuer.list(never)).filter(({ marker }) => isMarkedBy(order, marker));
    expect(listed).toMatchObject([{ id: minted.id, enabled: true }]);
  },

  "proposes every field, and another value each time": async ({ issuer, adopted }) => {
    const [first, second] = [(await order(issuer, adopted)).proposed, (await order(issuer, adopted)).proposed];
    expect(Object.keys(first ?? {}).toSorted()).toEqual([...issuer.traits.fields].toSorted());
    expect(sameFields(first ?? {}, second ?? {})).toBe(false);
    expect(sameFields(issuer.complete(first ?? {}), first ?? {})).toBe(true);
  },

  "mints beside the credential in use": async (bench) => {
    const { minted } = await mintNext(bench);
    await expectLiveness(bench.issuer, minted.value, "alive");
    await expectLiveness(bench.issuer, bench.adopted, "alive");
  },

  "has the same outcome for the same order again": async (bench) => {
    const { order, minted } = await mintNext(bench);
    const before = await bench.issuer.list(never);
    const again = await bench.other().mint(order, never);
    expect(again.id).toBe(minted.id);
    expect(sameFields(again.value, minted.value)).toBe(true);
    expect(await bench.issuer.list(never)).toEqual(before);
    await expectLiveness(bench.issuer, minted.value, "alive");
  },

  "refuses a mint when the place has changed since it was decided": async (bench) => {
    const late = await order(bench.issuer, bench.adopted);
    const { minted } = await mintNext(bench);
    const error = await failure(bench.other().mint(late, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "SlotChanged" });
    await expectLiveness(bench.issuer, minted.value, "alive");
  },

  "does not bring a revoked credential back by minting the same order again": async (bench) => {
    const { order, minted } = await mintNext(bench);
    await bench.issuer.revoke(minted.id, never, minted.value);
    expect(await failure(bench.other().mint(order, never))).toBeInstanceOf(Terminal);
    await bench.issuer.destroy(minted.id, never);
    expect(await failure(bench.other().mint(order, never))).toBeInstanceOf(Terminal);
    await expectLiveness(bench.issuer, minted.value, "dead");
  },

  "mints nothing when the vendor does not answer": async (bench) => {
    const next = await order(bench.issuer, bench.adopted);
    const before = await bench.issuer.list(never);
    await using unreachable = await bench.unreachable();
    expect(isAdapterError(await failure(unreachable.mint(next, never)))).toBe(true);
    expect(unused(await bench.issuer.list(never))).toEqual(unused(before));
  },
} satisfies Record<string, IssuerTest>;

/** To look is a use as well, where a vendor also lists what it is asked with. */
function unused(keys: readonly IssuedKey[]): readonly IssuedKey[] {
  return keys.map((key) => ({ ...key, lastUsedAt: "" }));
}
