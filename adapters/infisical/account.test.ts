import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { never, newWorld, type World } from "./bench.fixture.ts";
import { infisical } from "./infisical.ts";

const LOGIN = "/api/v1/auth/universal-auth/login";
const RENEW = "/api/v1/auth/token/renew";

function asked({ vendor }: World, path: string): number {
  return vendor.server.seen.filter((seen) => seen.path === path).length;
}

/** The account's own secret is wrong. */
function wrong({ admin }: World, clientSecret = "f".repeat(64)) {
  return { secret: (name: string) => Secret.from(name === "clientId" ? admin.clientId : clientSecret) };
}

describe("the account's login", () => {
  it("is made once for all who need it at the same time", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await Promise.all([1, 2, 3, 4, 5].map(async () => issuer.list(never)));
    expect(asked(world, LOGIN)).toBe(1);
  });

  it("outlives whoever asked first and left", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const leaver = new AbortController();
    const left = failure(issuer.list(leaver.signal));
    const stayed = issuer.list(never);
    leaver.abort();
    expect(await left).toBeInstanceOf(Transient);
    expect((await stayed).length).toBe(1);
    expect(asked(world, LOGIN)).toBe(1);
  });

  it("is renewed before its end, and made anew at the end of all renewals", async () => {
    await using world = await newWorld();
    Object.assign(world.admin.auth, { accessTokenTTL: 3600, accessTokenMaxTTL: 7200 });
    const issuer = world.issuer();
    const askAfter = async (ms: number) => {
      world.clock.move(ms);
      await issuer.list(never);
      return [asked(world, LOGIN), asked(world, RENEW)];
    };
    expect(await askAfter(0)).toEqual([1, 0]);
    expect(await askAfter(2_900_000)).toEqual([1, 0]);
    expect(await askAfter(200_000)).toEqual([1, 1]);
    expect(await askAfter(3_100_000)).toEqual([1, 2]);
    expect(await askAfter(800_000)).toEqual([2, 3]);
    expect(world.vendor.server.seen.every(({ status }) => status === 200)).toBe(true);
  });

  it("stays in use while a renewal fails and it is still good", async () => {
    await using world = await newWorld();
    Object.assign(world.admin.auth, { accessTokenTTL: 3600 });
    const issuer = world.issuer();
    await issuer.list(never);
    world.clock.move(3_100_000);
    world.vendor.server.set({ path: /token\/renew|login/, times: 2, mishap: { kind: "reset-before" } });
    expect((await issuer.list(never)).length).toBe(1);
  });

  it("is made once more for a 401, and for the 403 of a token that is over", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await issuer.list(never);
    for (const token of world.vendor.identities.tokens.values()) token.revoked = true;
    expect((await issuer.list(never)).length).toBe(1);
    expect(asked(world, LOGIN)).toBe(2);
    const over = { statusCode: 403, error: "TokenError", message: "Your token has expired. Please re-authenticate." };
    world.vendor.server.set({ path: /client-secrets/, mishap: { kind: "answer", reply: { status: 403, body: over } } });
    expect((await issuer.list(never)).length).toBe(1);
    expect(asked(world, LOGIN)).toBe(3);
    expect(world.vendor.identities.live(world.clock.nowMs()).length).toBe(1);
  });

  it("is made once more and not twice", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const no = { statusCode: 401, error: "Unauthorized", message: "no" };
    world.vendor.server.set({
      path: /client-secrets/,
      times: 9,
      mishap: { kind: "answer", reply: { status: 401, body: no } },
    });
    const error = await failure(issuer.list(never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "AccountUnauthorized" });
    expect(asked(world, LOGIN)).toBe(2);
  });

  it("is not begun for whoever has stopped already", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    expect(await failure(issuer.list(AbortSignal.abort()))).toMatchObject({ reason: "Interrupted" });
    expect(await failure(issuer.verify(world.adopted, AbortSignal.abort()))).toMatchObject({ reason: "Interrupted" });
    expect(await world.open().probe(AbortSignal.abort())).toMatchObject({ ready: false, reason: "Interrupted" });
    expect(world.vendor.server.seen).toEqual([]);
  });

  it("is not waited for by whoever stops meanwhile", async () => {
    await using world = await newWorld();
    world.vendor.server.set({ path: /login/, mishap: { kind: "hang" } });
    const issuer = world.issuer({ config: { timeoutSeconds: 2 } });
    const stop = new AbortController();
    const stopped = failure(issuer.list(stop.signal));
    await expect.poll(() => asked(world, LOGIN)).toBe(1);
    stop.abort();
    expect(await stopped).toMatchObject({ reason: "Interrupted" });
  });

  it("is not given up for a 401 or 403 that somebody else answers, or a 403 that is about a permission", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    world.vendor.server.set({
      path: /client-secrets/,
      mishap: { kind: "answer", reply: { status: 401, body: "<html>who are you?</html>" } },
    });
    expect(await failure(issuer.list(never))).toMatchObject({ reason: "AccountUnauthorized" });
    world.vendor.server.set({
      path: /client-secrets/,
      mishap: { kind: "answer", reply: { status: 403, body: "<html>blocked</html>" } },
    });
    expect(await failure(issuer.list(never))).toMatchObject({ reason: "AccountForbidden" });
    world.admin.denied.add("read identity");
    const error = await failure(issuer.list(never));
    expect(error).toMatchObject({ reason: "AccountForbidden", message: expect.stringContaining("read on identity") });
    expect(asked(world, LOGIN)).toBe(1);
  });

  it("is not tried again with a wrong secret until Infisical has forgotten it, so that nobody is locked out", async () => {
    await using world = await newWorld();
    const issuer = world.issuer(wrong(world));
    for (let round = 0; round < 5; round += 1) {
      expect(await failure(issuer.list(never))).toMatchObject({ reason: "AccountUnauthorized" });
    }
    expect(asked(world, LOGIN)).toBe(1);
    for (let round = 0; round < 4; round += 1) {
      world.clock.move(31_000);
      await failure(issuer.list(never));
    }
    expect([asked(world, LOGIN), world.admin.lock.locked]).toEqual([5, false]);
  });

  it("is tried at once with another secret", async () => {
    await using world = await newWorld();
    const right = world.vendor.identities.addSecret(world.admin, world.clock.nowMs()).value;
    const now = { secret: "f".repeat(64) };
    const { admin } = world;
    const issuer = world.issuer({ secret: (name) => Secret.from(name === "clientId" ? admin.clientId : now.secret) });
    await failure(issuer.list(never));
    now.secret = `${right}\n`;
    expect((await issuer.list(never)).length).toBe(1);
  });

  it("waits where the client id is locked", async () => {
    await using world = await newWorld();
    world.admin.lock = { failures: 3, untilMs: world.clock.nowMs() + 300_000, locked: true };
    const error = await failure(world.issuer().list(never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "AccountLocked", retryAfterMs: 300_000 });
    expect(await world.open().probe(never)).toMatchObject({ ready: false, reason: "AccountLocked" });
  });

  it("says which address is the matter", async () => {
    await using world = await newWorld();
    world.admin.trustsAddress = false;
    expect(await failure(world.issuer().list(never))).toMatchObject({ reason: "AddressNotTrusted" });
  });

  it("leaves no access token behind", async () => {
    const world = await newWorld();
    const connection = world.open();
    await connection.probe(never);
    const issuer = connection.issuer?.({ identity: world.target.id });
    await issuer?.list(never);
    await issuer?.verify(world.adopted, never);
    await connection.probe(never);
    expect(world.vendor.identities.live(world.clock.nowMs()).length).toBe(1);
    await connection[Symbol.asyncDispose]();
    expect(world.vendor.identities.live(world.clock.nowMs())).toEqual([]);
    await world[Symbol.asyncDispose]();
  });

  it("leaves none behind either where a probe and a request need it at the same time", async () => {
    const world = await newWorld();
    const connection = world.open();
    await Promise.all([connection.probe(never), connection.issuer?.({ identity: world.target.id }).list(never)]);
    await connection[Symbol.asyncDispose]();
    expect(world.vendor.identities.tokens.size).toBe(2);
    expect(world.vendor.identities.live(world.clock.nowMs())).toEqual([]);
    await world[Symbol.asyncDispose]();
  });

  it("names the sub-organization where there is one", async () => {
    await using world = await newWorld();
    const issuer = world.issuer({ config: { subOrganization: "payments" } });
    expect((await issuer.list(never)).length).toBe(1);
    expect(world.vendor.server.strays).toEqual([]);
  });
});

describe("the account's probe", () => {
  it("logs in with the client secret itself, whatever token there still is", async () => {
    await using world = await newWorld();
    const connection = world.open();
    expect(await connection.probe(never)).toMatchObject({ ready: true, reason: "LoginAccepted", remaining: 99_999 });
    for (const secret of world.admin.secrets) secret.revoked = true;
    expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
  });

  it("is not ready where nobody answers", async () => {
    await using world = await newWorld();
    world.vendor.server.set({ mishap: { kind: "reset-before" } });
    expect(await world.open().probe(never)).toMatchObject({ ready: false, reason: "ConnectionLost" });
    expect(await world.open({ endpoint: "ftp://x" }).probe(never)).toMatchObject({ reason: "EndpointInvalid" });
  });
});

describe("what stands before Infisical", () => {
  const wall = { id: "access-id", secret: "access-secret" };
  const headers = () => ({
    "CF-Access-Client-Id": Secret.from(wall.id),
    "CF-Access-Client-Secret": Secret.from(wall.secret),
  });

  it("lets every request pass that carries the account's headers, those of probes too", async () => {
    await using world = await newWorld({ wall });
    const issuer = world.issuer({ headers });
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
    const sink = world.sink({}, { headers });
    await sink.write({ keys: { A: Secret.from("one") } }, never);
    expect(world.vendor.server.seen.filter(({ status }) => status === 302)).toEqual([]);
  });

  it("is told from Infisical without them", async () => {
    await using world = await newWorld({ wall });
    const error = await failure(world.issuer().list(never));
    expect(error).toMatchObject({ reason: "UnexpectedRedirect" });
    const verdict = await world.issuer().verify(world.adopted, never);
    expect(verdict).toMatchObject({ liveness: "inconclusive", reason: "UnexpectedRedirect" });
  });
});

describe("rate limits", () => {
  const limits = { read: 2, write: 100, secrets: 100 };

  it.each([false, true])("are waited for as long as Infisical says, in words only: %s", async (hasBareLimits) => {
    await using world = await newWorld({ limits, hasBareLimits });
    const issuer = world.issuer();
    await issuer.list(never);
    world.clock.move(15_000);
    await issuer.list(never);
    const error = await failure(issuer.list(never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "RateLimited", retryAfterMs: 45_000 });
    expect(await issuer.verify(world.adopted, never)).toMatchObject({
      liveness: "inconclusive",
      reason: "RateLimited",
      retryAfterMs: 45_000,
    });
  });
});

describe("the infisical adapter", () => {
  it("declares what it is, and what is touched", () => {
    expect(infisical).toMatchObject({ name: "infisical", roles: ["issuer", "sink"], endpoint: "optional" });
    expect(infisical.targets("issuer", { identity: "i" })).toEqual({ identity: "i" });
    expect(infisical.targets("sink", { project: "p", environment: "prod" })).toEqual({
      project: "p",
      environment: "prod",
      path: "/",
    });
    expect(infisical.issuerTraits?.({})).toMatchObject({ mintClass: "markable", negativeControl: false });
    expect(infisical.sinkTraits?.({})).toEqual({ grade: "value", atomic: true, conditional: false, freeKeys: true });
    expect(infisical.sinkTraits?.({ readValues: false })).toMatchObject({ grade: "version" });
  });

  it("shows no secret of the account, whatever is printed of it", async () => {
    await using world = await newWorld();
    const secret = world.admin.secrets[0]?.value ?? "";
    const connection = world.open();
    const issuer = connection.issuer?.({ identity: world.target.id });
    await issuer?.list(never);
    world.vendor.server.set({ times: 9, mishap: { kind: "reset-after" } });
    const shown = everything([connection, issuer, await failure(issuer?.list(never) ?? Promise.resolve())]);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("eyJ");
  });
});
