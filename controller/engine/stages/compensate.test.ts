import { expect, it, vi } from "vitest";
import type { Issuer, IssuerTraits } from "../../../adapters/contract.ts";
import { Secret } from "../../../adapters/secret.ts";
import { compensate } from "./compensate.ts";

const value = { value: Secret.from("x") };

/** A mint that another replica has overtaken, and whose attempt has the given owner. */
async function overtaken(traits: Partial<IssuerTraits>, owner?: string) {
  const revoke = vi.fn<Issuer["revoke"]>(async () => []);
  const quiet = () => undefined;
  const deps = {
    db: { query: async () => (owner === undefined ? [] : [{ state: "minted", vendorId: owner }]) },
    accounts: { issuer: () => ({ traits, revoke }) },
    leaseMs: 3_000,
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    timeout: (ms: number) => AbortSignal.timeout(ms),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
  const pass = { deps, journal: { claim: { id: "rotation" } } } as never;
  const world = { issuer: traits, rotation: {} } as never;
  await compensate(pass, world, { attempt: "attempt", id: "id", value, fenced: true });
  return revoke.mock.calls;
}

it("shows a value that nobody could record to the vendor that ends only what it is shown", async () => {
  const calls = await overtaken({ mintClass: "unmarked", revocation: "immediate", revokeNeeds: "value" });
  expect(calls).toEqual([["id", expect.any(AbortSignal), value]]);
});

it("shows none to others, and ends nothing that has an owner", async () => {
  const traits = { mintClass: "markable", revocation: "immediate" } as const;
  expect(await overtaken(traits)).toEqual([["id", expect.any(AbortSignal)]]);
  expect(await overtaken(traits, "id")).toEqual([]);
  expect(await overtaken({ ...traits, mintClass: "client-supplied" })).toEqual([]);
});
