import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import type { Budget } from "../contract.ts";
import { Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { cloudflare } from "./cloudflare.ts";
import { arrange, NAME, tokenValue } from "./emulator-bench.fixture.ts";

describe("the account", () => {
  it.each(["user", "account"] as const)(
    "is ready with an active token of the %s, and tells what is left",
    async (tokenKind) => {
      await using world = await arrange({ tokenKind });
      expect(await world.connect().probe(never)).toMatchObject({
        ready: true,
        reason: "ApiTokenActive",
        remaining: 1_199,
      });
    },
  );

  it("is not ready with a token of the other kind, and says what to set", async () => {
    await using world = await arrange({ tokenKind: "account" });
    const config = { accountId: world.emulator.state.accountId, tokenKind: "user" };
    const health = await world.connect({ config }).probe(never);
    expect(health).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
    expect(health.message).toContain("tokenKind: account");
  });

  it("is not ready with a token that is disabled, expired, malformed or missing", async () => {
    await using world = await arrange();
    const probe = async (value?: string) =>
      world.connect(value === undefined ? {} : { secret: () => Secret.from(value) }).probe(never);
    world.admin.status = "disabled";
    expect(await probe()).toMatchObject({ ready: false, reason: "ApiTokenDisabled" });
    world.admin.status = "active";
    world.admin.expiresOn = Date.now() - 1;
    expect(await probe()).toMatchObject({ ready: false, reason: "ApiTokenExpired" });
    expect(await probe("not a token")).toMatchObject({ ready: false, reason: "ApiTokenMalformed" });
    world.emulator.state.tokens.clear();
    expect(await probe()).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
    const config = { tokenKind: "account" };
    expect(await world.connect({ config }).probe(never)).toMatchObject({ reason: "CloudflareAccountIdMissing" });
  });

  it("works with a token that ends with a line break, as pasted files do", async () => {
    await using world = await arrange();
    const issuer = world.issuer({ userToken: { name: NAME } }, { secret: () => Secret.from(`${world.admin.value}\n`) });
    expect((await issuer.list(never)).length).toBe(1);
  });

  it("has its endpoint from the VendorAccount alone, and Cloudflare's own without one", async () => {
    await using world = await arrange();
    expect(await world.connect({ endpoint: "http://user:pw@127.0.0.1:1" }).probe(never)).toMatchObject({
      reason: "EndpointInvalid",
    });
    expect(cloudflare).toMatchObject({ name: "cloudflare", roles: ["issuer", "sink"], endpoint: "optional" });
  });
});

describe("the rate limit", () => {
  it("blocks every call of the token for the rest of the window, and is no verdict", async () => {
    await using world = await arrange();
    const held = world.emulator.plant("user", NAME, ["zoneRead"]);
    const blocked: number[] = [];
    const budget: Budget = {
      enter: async () => ({ [Symbol.dispose]: () => undefined }),
      block: (ms) => void blocked.push(ms),
    };
    const issuer = world.issuer({ userToken: { name: NAME } }, { budget });
    world.emulator.state.rate = 2;
    await issuer.list(never);
    await issuer.list(never);
    for (const _ of [1, 2]) {
      const error = await failure(issuer.list(never));
      expect(error).toBeInstanceOf(Transient);
      expect(error).toMatchObject({ reason: "RateLimited", retryAfterMs: 300_000 });
    }
    expect(blocked).toEqual([300_000, 300_000]);
    expect(await issuer.verify(tokenValue(held), never)).toMatchObject({ liveness: "alive" });
    await issuer.verify(tokenValue(held), never);
    expect(await issuer.verify(tokenValue(held), never)).toMatchObject({
      liveness: "inconclusive",
      reason: "RateLimited",
      retryAfterMs: 300_000,
    });
    expect(await failure(issuer.identify(tokenValue(held), never))).toMatchObject({ reason: "RateLimited" });
    expect(await world.connect().probe(never)).toMatchObject({ ready: false, reason: "RateLimited" });
    world.pass(300_000);
    expect((await issuer.list(never)).length).toBe(2);
    expect(await issuer.verify(tokenValue(held), never)).toMatchObject({ liveness: "alive" });
  });

  it("is asked before each request, and nothing is sent where it says no", async () => {
    await using world = await arrange();
    const held = world.emulator.plant("user", NAME, ["zoneRead"]);
    const full = new Transient(
      { reason: "RateLimited", message: "No." },
      { vendor: "cloudflare", operation: "x" },
      5_000,
    );
    const budget: Budget = { enter: async () => Promise.reject(full), block: () => undefined };
    const issuer = world.issuer({ userToken: { name: NAME } }, { budget });
    expect(await failure(issuer.list(never))).toBe(full);
    expect(await issuer.verify(tokenValue(held), never)).toMatchObject({
      liveness: "inconclusive",
      retryAfterMs: 5_000,
    });
    expect(world.emulator.api.seen).toEqual([]);
  });
});

describe("the manifest", () => {
  const TOKEN_ID = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415";

  it("tells the account's globs what is meant, and where a value is sent", () => {
    const issuer = (block: object) => cloudflare.targets("issuer", block);
    expect(issuer({ userToken: { name: NAME } })).toEqual({ kind: "userToken", name: NAME });
    expect(issuer({ accountToken: { name: NAME, probe: "zone" } })).toEqual({
      kind: "accountToken",
      name: NAME,
      probe: "zone",
    });
    expect(issuer({ accessServiceToken: { tokenId: TOKEN_ID, probe: "origin" } })).toEqual({
      kind: "accessServiceToken",
      tokenId: TOKEN_ID,
      probe: "origin",
    });
    expect(cloudflare.targets("sink", { script: "orders-api" })).toEqual({
      kind: "workerSecret",
      script: "orders-api",
    });
  });

  it("says the traits of each kind without an account", () => {
    const traits = (block: object) => cloudflare.issuerTraits?.(block);
    expect(traits({ userToken: { name: NAME } })).toMatchObject({
      mintClass: "markable",
      maxLive: 50,
      revocation: "quarantine",
    });
    expect(traits({ accountToken: { name: NAME } })).toMatchObject({ mintClass: "markable", maxLive: 500 });
    expect(traits({ accountToken: { name: NAME, roll: true } })).toMatchObject({ mintClass: "roll-in-place" });
    expect(traits({ accountToken: { name: NAME, roll: true } })?.maxLive).toBeUndefined();
    expect(traits({ accessServiceToken: { tokenId: TOKEN_ID, probe: "p" } })).toMatchObject({
      mintClass: "native-grace",
      graceKeeps: "last",
      publicFields: ["clientId"],
      breaksWhenMixed: true,
      revocation: "immediate",
    });
    expect(cloudflare.sinkTraits?.({ script: "s" })).toEqual({ grade: "presence", atomic: true, conditional: false });
  });

  it("is refused where it names nothing", async () => {
    await using world = await arrange();
    const connection = world.connect();
    expect(() => connection.issuer?.({})).toThrow("does not say what is rotated");
    expect(everything(connection)).not.toContain(world.admin.value);
  });

  it("takes what the account says of quotas and of the time that a new token needs", async () => {
    await using world = await arrange({ config: { accountTokenQuota: 7, propagationSeconds: 90 } });
    const { traits } = world.issuer({ accountToken: { name: NAME } });
    expect(traits).toMatchObject({ maxLive: 7, propagation: { windowMs: 90_000 } });
  });
});
