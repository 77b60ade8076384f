import { describe, expect, it } from "vitest";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { MintClass } from "../../../adapters/contract.ts";
import type { Setup } from "../api.ts";
import { remoteAdapter } from "./adapter.ts";
import { failure, HandClock, issuerOf, never, newFake, newMarker, orderFor, seeded, sinkOf } from "./bench.ts";
import { createFake } from "./fake.ts";

const CLASSES: readonly MintClass[] = [
  "client-supplied",
  "re-readable",
  "markable",
  "unmarked",
  "native-grace",
  "roll-in-place",
  "vendor-distributed",
];

const setupOf = (mintClass: MintClass): Setup => ({
  mintClass,
  fields: ["id", "secret"],
  consumers: [
    { id: "app", sink: "cas" },
    { id: "jobs", sink: "settling" },
  ],
});

describe("the fake vendor", () => {
  it.each(CLASSES)("has the original %s in use everywhere, and known as what is searched for", async (mintClass) => {
    const { fake } = newFake(setupOf(mintClass));
    expect(["custody", "app", "jobs"].map((target) => fake.heldBy(target))).toEqual(Array(3).fill(fake.originalId));
    expect(fake.keys()).toMatchObject([{ id: fake.originalId, accepted: true, ours: false }]);
    expect(fake.canaries).toHaveLength(1);
    expect(fake.canaries[0]?.length).toBeGreaterThanOrEqual(24);
  });

  it.each(CLASSES)("refuses a %s whose fields are of two values", async (mintClass) => {
    const { fake } = newFake(setupOf(mintClass));
    const issuer = issuerOf(fake);
    const { value } = await issuer.mint({ ...(await orderFor(fake)), graceUntil: "2027-01-01T00:00:00Z" }, never);
    expect((await issuer.verify(value, never)).liveness).toBe("alive");
    expect((await issuer.verify(issuer.mutate(value), never)).liveness).toBe("dead");
    expect(await issuer.identify(issuer.mutate(value), never)).toBeUndefined();
  });

  it.each(CLASSES)("tells the same %s story for the same seed", async (mintClass) => {
    const tell = async () => {
      const { fake, pass } = newFake(setupOf(mintClass), "same");
      await issuerOf(fake)
        .mint(
          { marker: "velvet/test/c/a", inventory: await issuerOf(fake).list(never), currentId: fake.originalId },
          never,
        )
        .catch(() => undefined);
      pass(10_000);
      return { history: fake.history, canaries: fake.canaries, keys: fake.keys() };
    };
    expect(await tell()).toEqual(await tell());
  });

  it("writes no value into its history", async () => {
    const { fake } = newFake(setupOf("markable"));
    const { value } = await issuerOf(fake).mint(await orderFor(fake), never);
    await sinkOf(fake, "app").write(
      { keys: { TOKEN_ID: value["id"] ?? null, TOKEN_SECRET: value["secret"] ?? null } },
      never,
    );
    const told = JSON.stringify(fake.history);
    expect(fake.canaries).toHaveLength(2);
    expect(fake.canaries.filter((canary) => told.includes(canary))).toEqual([]);
  });

  it("passes a check only for the value that the consumer presents and the vendor accepts", async () => {
    const { fake } = newFake({ mintClass: "markable", consumers: [{ id: "app", sink: "write-only" }] });
    const issuer = issuerOf(fake);
    const { id, value } = await issuer.mint(await orderFor(fake), never);
    const run = async () =>
      fake.handle("check.run", { endpoint: "app", value: { value: value["value"]?.reveal() } }, never);
    expect(await run()).toMatchObject({ value: { outcome: "fail" } });
    fake.plant("app", id);
    expect(await run()).toMatchObject({ value: { outcome: "pass" } });
    await issuer.revoke(id, never);
    expect(await run()).toMatchObject({ value: { outcome: "fail" } });
    expect(fake.account.endpoints).toMatchObject([{ name: "app", proves: "credential" }]);
    expect(fake.credential.consumers).toMatchObject([{ check: { type: "http", endpoint: "app" } }]);
  });

  it("gives acceptors with two slots a second key", () => {
    const { fake } = newFake({
      mintClass: "client-supplied",
      authority: "acceptors",
      consumers: [{ id: "server", sink: "cas", role: "acceptor", twoSlots: true }],
    });
    expect(fake.credential.consumers[0]?.keys).toEqual([
      { field: "value", name: "TOKEN", previousKey: "TOKEN_PREVIOUS" },
    ]);
  });

  it("tells an outage once, when it begins, and again when it comes back", async () => {
    const { fake } = newFake({ mintClass: "markable" });
    const issuer = issuerOf(fake);
    await issuer.revoke(fake.originalId, never);
    await issuer.destroy("nothing", never);
    expect(fake.outages).toHaveLength(1);
    await issuer.restore?.(fake.originalId, never);
    await issuer.destroy(fake.originalId, never);
    expect(fake.outages).toHaveLength(2);
  });

  it("needs nothing of an inactive consumer", async () => {
    const { fake } = newFake({ mintClass: "markable", consumers: [{ id: "app", sink: "cas", active: false }] });
    await issuerOf(fake).destroy(fake.originalId, never);
    expect(fake.outages).toEqual([]);
  });
});

describe("the adapter over a wire", () => {
  it("behaves as beside the vendor, errors included", async () => {
    const clock = new HandClock();
    const setup = setupOf("markable");
    const fake = createFake(setup, clock, seeded("wire"));
    const adapter = remoteAdapter(
      setup,
      async (method, args, signal) => {
        const reply = await fake.handle(method, JSON.parse(JSON.stringify(args)), signal);
        return JSON.parse(JSON.stringify(reply));
      },
      () => "child",
    );
    const issuer = issuerOf({ adapter });
    const sink = sinkOf({ adapter }, "app");
    const minted = await issuer.mint({ marker: newMarker(), inventory: [] }, never);
    expect((await issuer.verify(minted.value, never)).liveness).toBe("alive");
    expect(await issuer.identify({}, never)).toBeUndefined();
    const seen = await sink.observe(["TOKEN_ID", "NONE"], never);
    expect(seen.keys["NONE"]).toEqual({ present: false });
    expect(seen.keys["TOKEN_ID"]?.value?.reveal()).toBe(fake.originalId);
    fake.arm([{ kind: "busy", label: "sink.write", nth: 1, status: 429, retryAfterMs: 3_000 }]);
    const error = await failure(sink.write({ keys: { TOKEN_ID: null } }, never));
    expect(isAdapterError(error)).toBe(true);
    expect(error).toMatchObject({
      name: "Transient",
      reason: "RateLimited",
      retryAfterMs: 3_000,
      facts: { status: 429 },
    });
    expect(fake.history.at(-1)).toMatchObject({ by: "child", outcome: "refused" });
  });
});
