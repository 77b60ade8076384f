import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { fields, never, newWorld, type World } from "./bench.fixture.ts";

/** Logins of the identity whose client secrets are rotated: all but the account's one. */
function probes({ vendor }: World): number {
  return vendor.server.seen.filter(({ path }) => path.endsWith("/login")).length - 1;
}

/** Wrong, and not to be told from the right one but by a login. */
function like({ adopted, target }: World, end: string): SecretFields {
  const right = adopted["clientSecret"]?.reveal() ?? "";
  return fields(target, `${right.slice(0, 4)}${end.repeat(60)}`);
}

describe("a probe of a client secret", () => {
  it("ends the access token that it got", async () => {
    await using world = await newWorld();
    expect((await world.issuer().verify(world.adopted, never)).liveness).toBe("alive");
    const left = world.vendor.identities.live(world.clock.nowMs()).map(({ identity }) => identity.id);
    expect(left).toEqual([world.admin.id]);
  });

  it("of a new one that replicas do not know yet costs nothing, and works as soon as they do", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    world.clock.move(60_000);
    world.vendor.identities.lagMs = 4_000;
    const { value } = await issuer.mint(await order(issuer), never);
    expect((await issuer.verify(value, never)).liveness).toBe("dead");
    world.clock.move(issuer.traits.propagation.everyMs * 2);
    expect((await issuer.verify(value, never)).liveness).toBe("alive");
    expect(world.target.lock.failures).toBe(0);
  });

  it("says so where the token could not be ended", async () => {
    await using world = await newWorld();
    world.vendor.server.set({ path: /token\/revoke/, mishap: { kind: "reset-before" } });
    const verdict = await world.issuer().verify(world.adopted, never);
    expect(verdict).toMatchObject({ liveness: "alive", message: expect.stringContaining("could not be ended") });
  });

  it("tells a revoked one by the list alone, as often as it is asked", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const id = await issuer.identify(world.adopted, never);
    await issuer.revoke(id ?? "", never);
    const before = probes(world);
    for (let round = 0; round < 5; round += 1) {
      const verdict = await issuer.verify(world.adopted, never);
      expect(verdict).toMatchObject({ liveness: "dead", reason: "ClientSecretRevoked" });
    }
    expect([probes(world) - before, world.target.lock.failures]).toEqual([0, 0]);
  });

  it("does not log in twice within 30 seconds with a value that was refused", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    for (const ms of [0, 10_000, 20_900]) {
      world.clock.move(ms);
      const verdict = await issuer.verify(like(world, "0"), never);
      expect(verdict).toMatchObject({ liveness: "dead", reason: "ClientSecretRejected" });
    }
    expect(probes(world)).toBe(1);
    world.clock.move(200);
    await issuer.verify(like(world, "0"), never);
    expect(probes(world)).toBe(2);
  });

  it("holds other unknown values back after a refusal, so that the client id is never locked by us", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
    const verdicts = await Promise.all(["0", "1", "2", "3"].map(async (end) => issuer.verify(like(world, end), never)));
    expect(verdicts.map(({ reason }) => reason).toSorted()).toEqual([
      "ClientSecretRejected",
      "ProbeHeldBack",
      "ProbeHeldBack",
      "ProbeHeldBack",
    ]);
    expect(verdicts.find(({ reason }) => reason === "ProbeHeldBack")).toMatchObject({
      liveness: "inconclusive",
      retryAfterMs: 31_000,
    });
    expect(world.target.lock.failures).toBe(1);
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
  });

  it("keeps away for as long as the identity counts failures", async () => {
    await using world = await newWorld({}, { lockoutCounterResetSeconds: 600 });
    const issuer = world.issuer();
    await issuer.verify(like(world, "0"), never);
    world.clock.move(599_000);
    await issuer.verify(like(world, "0"), never);
    expect(probes(world)).toBe(1);
  });

  it("asks once where verify and identify ask at the same time", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await issuer.list(never);
    const [verdict, id] = await Promise.all([
      issuer.verify(like(world, "0"), never),
      issuer.identify(like(world, "0"), never),
    ]);
    expect([verdict.liveness, id, probes(world)]).toEqual(["dead", undefined, 1]);
  });

  it("says locked, never dead, of a client id that is locked", async () => {
    await using world = await newWorld({}, { lockoutDurationSeconds: 900 });
    world.target.lock = { failures: 3, untilMs: world.clock.nowMs() + 900_000, locked: true };
    const issuer = world.issuer();
    const verdict = await issuer.verify(world.adopted, never);
    expect(verdict).toMatchObject({ liveness: "locked", reason: "ClientIdLocked", retryAfterMs: 900_000 });
    expect(await failure(issuer.identify(world.adopted, never))).toBeInstanceOf(Transient);
    world.clock.move(900_001);
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
  });

  it("asks by login alone where the account may not look", async () => {
    await using world = await newWorld();
    world.admin.denied.add("read identity");
    const issuer = world.issuer({ config: { lockoutSeconds: 600 } });
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
    expect((await issuer.verify(issuer.mutate(world.adopted), never)).liveness).toBe("dead");
    const { clientSecret } = world.adopted;
    expect(await issuer.verify({ clientSecret: clientSecret ?? Secret.from("") }, never)).toMatchObject({
      liveness: "inconclusive",
      reason: "ClientIdUnknown",
    });
    world.target.lock = { failures: 3, untilMs: world.clock.nowMs() + 300_000, locked: true };
    expect(await issuer.verify(world.adopted, never)).toMatchObject({ liveness: "locked", retryAfterMs: 600_000 });
  });

  it("looks up the client id where the value has none", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const { clientSecret = Secret.from("") } = world.adopted;
    expect((await issuer.verify({ clientSecret }, never)).liveness).toBe("alive");
    expect(await issuer.identify({ clientSecret }, never)).toBe(await issuer.identify(world.adopted, never));
    expect((await issuer.verify({}, never)).liveness).toBe("needs-human");
  });

  it.each([
    ["ClientSecretExpired", { ttl: 60 }, 60_001],
    ["ClientSecretUsedUp", { usesLimit: 1, uses: 1 }, 0],
  ])("says dead of one that has come to its own end: %s", async (reason, given, ms) => {
    await using world = await newWorld();
    const { value } = world.vendor.identities.addSecret(world.target, world.clock.nowMs(), given);
    world.clock.move(ms);
    const verdict = await world.issuer().verify(fields(world.target, value), never);
    expect(verdict).toMatchObject({ liveness: "dead", reason });
    expect(world.target.lock.failures).toBe(0);
  });

  it.each([
    [
      "a refused address",
      {
        status: 403,
        body: {
          error: "ForbiddenError",
          message: "You are not allowed to access this resource from the current IP address",
        },
      },
    ],
    ["a 401 that nobody knows", { status: 401, body: { error: "Unauthorized", message: "Something else" } }],
    ["a 401 of a proxy", { status: 401, body: "<html>" }],
    [
      "a rate limit",
      { status: 429, body: { error: "RateLimit", message: "Failed to acquire lock: rate limit exceeded" } },
    ],
    ["a failure", { status: 500, body: { error: "InternalServerError", message: "Something went wrong" } }],
    ["a yes without a token", { status: 200, body: {} }],
    ["a yes that is no JSON", { status: 200, body: "<html>" }],
  ])("says inconclusive after %s", async (_, reply) => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await issuer.list(never);
    world.vendor.server.set({ path: /login/, mishap: { kind: "answer", reply } });
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("inconclusive");
  });
});

describe("whose client secret it is", () => {
  it("is what the token says, among those that begin alike", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const twin = `${world.adopted["clientSecret"]?.reveal().slice(0, 4) ?? ""}${"a".repeat(60)}`;
    const { id } = world.vendor.identities.addSecret(world.target, world.clock.nowMs(), { value: twin });
    expect(await issuer.identify(fields(world.target, twin), never)).toBe(`${world.target.id}/${id}`);
    world.vendor.identities.tellsSecretId = false;
    expect(await failure(issuer.identify(fields(world.target, twin), never))).toMatchObject({
      reason: "NotIdentified",
    });
  });

  it("is the only one that begins so, where the token does not say", async () => {
    await using world = await newWorld();
    world.vendor.identities.tellsSecretId = false;
    const id = world.target.secrets[0]?.id ?? "";
    expect(await world.issuer().identify(world.adopted, never)).toBe(`${world.target.id}/${id}`);
  });

  it("is not asked of another identity", async () => {
    await using world = await newWorld();
    const stranger = world.vendor.identities.add();
    const { value } = world.vendor.identities.addSecret(stranger, world.clock.nowMs());
    const issuer = world.issuer();
    const error = await failure(issuer.identify(fields(stranger, value), never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "IdentityNotConfigured" });
    expect((await issuer.verify(fields(stranger, value), never)).liveness).toBe("alive");
  });
});

describe("the list of client secrets", () => {
  it("shows our markers, and ends that are known", async () => {
    await using world = await newWorld();
    const now = world.clock.nowMs();
    const marker = "velvet/prod/uid/attempt";
    world.vendor.identities.addSecret(world.target, now, { description: marker, ttl: 3600 });
    world.vendor.identities.addSecret(world.target, now, { usesLimit: 2, uses: 2 });
    const [first, second, third] = await world.issuer().list(never);
    expect(first).not.toHaveProperty("marker");
    expect(second).toMatchObject({ marker, enabled: true, expiresAt: new Date(now + 3_600_000).toISOString() });
    expect(third?.enabled).toBe(false);
  });
});

describe("a mint", () => {
  const MINT = /client-secrets$/;

  it("asks once, and leaves a lost answer to be found by its marker", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const next = await order(issuer);
    world.vendor.server.set({ method: "POST", path: MINT, mishap: { kind: "reset-after" } });
    expect(await failure(issuer.mint(next, never))).toBeInstanceOf(OutcomeUnknown);
    const found = (await issuer.list(never)).filter(({ marker }) => marker === next.marker);
    expect(found.length).toBe(1);
    expect(await issuer.revoke(found[0]?.id ?? "", never)).toEqual([]);
    expect(world.vendor.server.seen.filter(({ method, path }) => method === "POST" && MINT.test(path)).length).toBe(1);
  });

  it("that lands late and twice is found by its marker, each of it", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const next = await order(issuer);
    world.vendor.server.set({ method: "POST", path: MINT, mishap: { kind: "twice", landsAfterMs: 60_000 } });
    await issuer.mint(next, never);
    world.clock.move(60_000);
    expect((await issuer.list(never)).filter(({ marker }) => marker === next.marker).length).toBe(2);
  });

  it.each([
    [429, "RateLimit", OutcomeUnknown],
    [500, "InternalServerError", OutcomeUnknown],
    [504, "GatewayTimeout", OutcomeUnknown],
    [302, undefined, OutcomeUnknown],
    [400, "BadRequest", Terminal],
    [422, "ValidationFailure", Terminal],
    [401, "Unauthorized", Transient],
  ])("that is answered with %i is what that means", async (status, error, kind) => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const next = await order(issuer);
    const reply = { status, body: { error, message: "no" } };
    world.vendor.server.set({ method: "POST", path: MINT, mishap: { kind: "answer", reply } });
    expect(await failure(issuer.mint(next, never))).toBeInstanceOf(kind);
    expect(world.vendor.server.seen.filter(({ method, path }) => method === "POST" && MINT.test(path)).length).toBe(1);
  });

  it("says which permission it lacks", async () => {
    await using world = await newWorld();
    world.admin.denied.add("create-token identity");
    const error = await failure(world.issuer().mint(await order(world.issuer()), never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ message: expect.stringContaining("create-token on identity") });
  });

  it("says of an identity that cannot have any that it cannot", async () => {
    await using world = await newWorld();
    const next = await order(world.issuer());
    world.target.hasAuth = false;
    expect(await failure(world.issuer().mint(next, never))).toMatchObject({ reason: "UniversalAuthMissing" });
  });

  it("keeps the end of a marker that is too long", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const marker = `velvet/${"x".repeat(250)}/${randomUUID()}`;
    const { id } = await issuer.mint({ marker, inventory: [] }, never);
    const listed = (await issuer.list(never)).find((key) => key.id === id);
    expect(listed?.marker).toHaveLength(255);
    expect(marker.endsWith(listed?.marker ?? "?")).toBe(true);
  });

  it("whose answer lacks the value is one whose outcome nobody knows, and shows nothing of it", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const canary = "c0ffee".repeat(10);
    const reply = { status: 200, body: { clientSecret: canary } };
    world.vendor.server.set({ method: "POST", path: MINT, mishap: { kind: "answer", reply } });
    const error = await failure(issuer.mint(await order(issuer), never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(everything(error)).not.toContain(canary);
  });
});

describe("a revoke", () => {
  const idOf = ({ target }: World) => `${target.id}/${target.secrets[0]?.id ?? ""}`;

  it("names the access tokens that outlive it, and until when", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await issuer.verify(world.adopted, never);
    const [residual, ...more] = await issuer.revoke(idOf(world), never);
    const until = new Date(world.clock.nowMs() + 2_592_000_000).toISOString();
    expect(more).toEqual([]);
    expect(residual).toMatchObject({ kind: "AccessToken", message: expect.stringContaining(until) });
  });

  it("names none where nobody ever logged in with it", async () => {
    await using world = await newWorld();
    expect(await world.issuer().revoke(idOf(world), never)).toEqual([]);
  });

  it("says that tokens of a period have no end", async () => {
    await using world = await newWorld({}, { accessTokenPeriod: 60 });
    const issuer = world.issuer();
    await issuer.verify(world.adopted, never);
    expect((await issuer.revoke(idOf(world), never))[0]?.message).toContain("without end");
  });

  it("really leaves such tokens alive", async () => {
    await using world = await newWorld();
    const { server } = world.vendor;
    server.set({ path: /token\/revoke/, mishap: { kind: "reset-before" } });
    const issuer = world.issuer();
    await issuer.verify(world.adopted, never);
    await issuer.revoke(idOf(world), never);
    const live = world.vendor.identities.live(world.clock.nowMs()).map(({ identity }) => identity.id);
    expect(live).toContain(world.target.id);
  });

  it("does not take an id of another identity for one that is gone", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const error = await failure(issuer.revoke(`${randomUUID()}/${world.target.secrets[0]?.id ?? ""}`, never));
    expect(error).toMatchObject({ reason: "IdentityNotConfigured" });
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("alive");
  });

  it("does not say gone where the identity is not shown", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const id = idOf(world);
    world.vendor.identities.all.delete(world.target.id);
    expect(await failure(issuer.revoke(id, never))).toMatchObject({ reason: "TargetGone" });
  });

  it("says gone where the identity has no universal auth any more", async () => {
    await using world = await newWorld();
    world.target.hasAuth = false;
    expect(await world.issuer().revoke(idOf(world), never)).toEqual([]);
  });

  it("takes the id from Infisical's own page", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    await issuer.revoke(world.target.secrets[0]?.id ?? "", never);
    expect((await issuer.verify(world.adopted, never)).liveness).toBe("dead");
  });

  it("whose answer is lost may be made again", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    world.vendor.server.set({ path: /\/revoke$/, mishap: { kind: "reset-after" } });
    expect(await failure(issuer.revoke(idOf(world), never))).toBeInstanceOf(OutcomeUnknown);
    expect(await issuer.revoke(idOf(world), never)).toEqual([]);
    expect(world.vendor.server.strays).toEqual([]);
  });
});
