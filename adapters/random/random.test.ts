import { randomBytes } from "node:crypto";
import { string } from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountHandle, Issuer, ProposeOrder } from "../contract.ts";
import { issuerConformance } from "../conformance/issuer.ts";
import { canary, never, newMarker } from "../conformance/issuer-bench.ts";
import { failure } from "../conformance/wire.ts";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import { random } from "./random.ts";

const account: AccountHandle = {
  name: "local",
  generation: 1,
  config: {},
  endpoints: [],
  secret: () => Secret.from("never asked"),
  headers: () => ({}),
};
const connection = random.connect(account, { now: () => new Date(), monotonicMs: () => performance.now() });

function open(block: object): Issuer {
  const issuer = connection.issuer?.(block);
  if (!issuer) throw new Error("random is an issuer");
  return issuer;
}

const ACCEPTORS = "There is no vendor: only the acceptors know whether they take a value.";
const NOTHING_STORED = "Nothing is stored anywhere, so there is nothing to list, to change or to lose.";
const NO_WIRE = "No call leaves the machine, so none can wait or be given up.";

issuerConformance({
  name: "random",
  make: async () => ({
    issuer: open({}),
    other: () => open({}),
    unreachable: async () => ({ ...open({}), async [Symbol.asyncDispose]() {} }),
    adopted: { value: canary() },
    unknownId: "random@0",
    async [Symbol.asyncDispose]() {},
  }),
  forms: string({ minLength: 1 }).map((text) => [{ value: Secret.from(text) }]),
  impossible: {
    "says dead of a mutated value": ACCEPTORS,
    "says inconclusive of a vendor that does not answer": ACCEPTORS,
    "identifies a value from before Velvet": "An id made from a value would be a hash of it, which can be guessed.",
    "identifies a value that it minted": "An id made from a value would be a hash of it, which can be guessed.",
    "lists what it minted with its marker": NOTHING_STORED,
    "refuses a mint when the place has changed since it was decided": "There is no place that could be taken.",
    "does not bring a revoked credential back by minting the same order again": ACCEPTORS,
    "mints nothing when the vendor does not answer": NO_WIRE,
    "revokes exactly one id": ACCEPTORS,
    "revokes again without an error": ACCEPTORS,
    "takes an unknown id for one that is gone":
      "No id is known or unknown: each revoke says what the acceptors must do.",
    "leaves what took a place alone when the id from before is revoked": "There is no place that could be taken.",
    "restores a quarantined value": "There is no quarantine: the acceptors drop the old value at once.",
    "restores nothing that is destroyed": "There is no quarantine: the acceptors drop the old value at once.",
    "destroys for good, and again without an error": ACCEPTORS,
    "counts uses": ACCEPTORS,
    "stops when its signal aborts": NO_WIRE,
    "shows no value in an error": NO_WIRE,
    "leaves no value in what the vendor records": NOTHING_STORED,
  },
});

describe("random", () => {
  const order: ProposeOrder = { inventory: [], random: randomBytes };
  const proposed = (block: object): string => open(block).propose?.(order)["value"]?.reveal() ?? "";

  it("proposes 32 bytes in base64url by default, and what the block says otherwise", () => {
    expect(proposed({})).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(proposed({ bytes: 16, encoding: "hex" })).toMatch(/^[0-9a-f]{32}$/);
    expect(proposed({ bytes: 512, encoding: "base64url" })).toMatch(/^[A-Za-z0-9_-]{683}$/);
  });

  it("leaves nothing of the value in the bytes that it was made from", () => {
    const bytes = randomBytes(32);
    open({}).propose?.({ ...order, random: () => bytes });
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
  });

  it("takes the attempt for the id, so that nothing is derived from the value", async () => {
    const marker = newMarker();
    const minted = await open({}).mint({ marker, inventory: [], proposed: { value: canary() } }, never);
    expect(minted.id).toBe(`random@${marker.split("/").at(-1)}`);
  });

  it("refuses to mint without a sealed proposal", async () => {
    const error = await failure(open({}).mint({ marker: newMarker(), inventory: [] }, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "ProposalMissing" });
  });

  it("says that alive is by construction", async () => {
    expect(await open({}).verify({ value: canary() }, never)).toMatchObject({
      liveness: "alive",
      reason: "AliveByConstruction",
    });
    expect(open({}).traits).toMatchObject({ authority: "acceptors", negativeControl: false });
  });

  it("says after a revoke who still accepts the old value", async () => {
    expect(await open({}).revoke("random@x", never)).toMatchObject([{ kind: "AcceptorsKeepOldValue" }]);
  });

  it("is ready without anything to reach, and names no targets", async () => {
    expect(await connection.probe(never)).toMatchObject({ ready: true });
    expect(random.targets("issuer", {})).toEqual({});
    expect(() => random.targets("sink", {})).toThrow("no sink");
  });
});
