import { describe, expect, it } from "vitest";
import { never, newMarker, order } from "../conformance/issuer-bench.ts";
import { answering, everything, failure } from "../conformance/wire.ts";
import { isAdapterError } from "../errors.ts";
import { connectedTo, issuerOn, valueOf } from "./bench.fixture.ts";
import { aws } from "./aws.ts";
import { openAwsEmulator } from "./emulator.ts";
import { fault } from "./emulator-iam.ts";

/** A user with one key, and a clock that moves only when it is told to. */
async function world() {
  const time = { now: Date.now() };
  const emulator = await openAwsEmulator({ now: () => time.now });
  emulator.iam.addUser("orders-app", "/apps/");
  const old = emulator.iam.addKey("orders-app", time.now - 3_600_000);
  const connection = connectedTo(emulator);
  const issuer = issuerOn(connection);
  return {
    time,
    emulator,
    old,
    connection,
    issuer,
    mint: async () => issuer.mint(await order(issuer), never),
    created: () => emulator.seen.filter(({ status }) => status !== 403).length,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

describe("access keys: the two that a user may have", () => {
  it("counts inactive ones, and names both with their last use", async () => {
    await using bench = await world();
    const minted = await bench.mint();
    await bench.issuer.revoke(minted.id, never);
    await bench.issuer.verify(valueOf(bench.old), never);
    expect(bench.issuer.traits).toMatchObject({ maxLive: 2, countsDisabled: true, mintClass: "unmarked" });
    expect(await bench.issuer.list(never)).toMatchObject([
      { id: bench.old.id, enabled: true, lastUsedAt: new Date(Math.floor(bench.time.now / 1000) * 1000).toISOString() },
      { id: minted.id, enabled: false },
    ]);
    const error = await failure(bench.mint());
    expect(error).toMatchObject({ name: "Terminal", reason: "QuotaExhausted", facts: { code: "LimitExceeded" } });
    expect((error as Error).message).toContain(`${bench.old.id} (Active), ${minted.id} (Inactive)`);
  });

  it("does not mint where another key has come since it was decided", async () => {
    await using bench = await world();
    const late = await order(bench.issuer);
    bench.emulator.iam.addKey("orders-app", bench.time.now);
    expect(await failure(bench.issuer.mint(late, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
  });

  it("is refused by a place that is taken and not listed yet", async () => {
    await using bench = await world();
    bench.emulator.iam.delays.listMs = 10_000;
    const late = await order(bench.issuer);
    await bench.issuer.mint(late, never);
    expect(await failure(bench.issuer.mint(late, never))).toMatchObject({ name: "Terminal", reason: "QuotaExhausted" });
  });
});

describe("access keys: servers that learn one after the other", () => {
  it("says dead of a new key until all servers know it, inside the propagation window", async () => {
    await using bench = await world();
    bench.emulator.iam.delays.birthMs = 15_000;
    const { value } = await bench.mint();
    expect(await bench.issuer.verify(value, never)).toMatchObject({ liveness: "dead", reason: "KeyNotActive" });
    bench.time.now += 15_000;
    expect(await bench.issuer.verify(value, never)).toMatchObject({ liveness: "alive", reason: "KeyAccepted" });
    expect(bench.issuer.traits.propagation.windowMs).toBe(60_000);
    expect(aws.issuerTraits?.({ user: "a", propagationSeconds: 120 }).propagation.windowMs).toBe(120_000);
  });

  it("says alive of a revoked key as long as a server takes it, and dead after that", async () => {
    await using bench = await world();
    bench.emulator.iam.delays.deathMs = 30_000;
    await bench.issuer.revoke(bench.old.id, never);
    expect((await bench.issuer.verify(valueOf(bench.old), never)).liveness).toBe("alive");
    bench.time.now += 30_000;
    expect((await bench.issuer.verify(valueOf(bench.old), never)).liveness).toBe("dead");
  });

  it("tells the last use as late as AWS does, and none of a key that was never used", async () => {
    await using bench = await world();
    bench.emulator.iam.delays.lastUsedMs = 60_000;
    await bench.issuer.verify(valueOf(bench.old), never);
    expect(await bench.issuer.usage?.(bench.old.id, never)).toEqual({});
    const used = bench.time.now;
    bench.time.now += 60_000;
    const lastUsedAt = new Date(Math.floor(used / 1000) * 1000).toISOString();
    expect(await bench.issuer.usage?.(bench.old.id, never)).toEqual({ lastUsedAt });
  });
});

describe("access keys: a mint", () => {
  const HTML = { status: 403, headers: { "content-type": "text/html" }, body: "<html>blocked</html>" };
  it.each([
    ["is throttled", fault(400, "Throttling", "Rate exceeded"), "Transient", "RateLimited"],
    ["is forbidden", fault(403, "AccessDenied", "no"), "Terminal", "AccountForbidden"],
    ["has no user", fault(404, "NoSuchEntity", "no"), "Terminal", "UserMissing"],
    ["is refused with the account's key", fault(403, "InvalidClientTokenId", "no"), "Terminal", "AccountUnauthorized"],
    ["fails at the vendor", fault(500, "ServiceFailure", "oh"), "OutcomeUnknown", "VendorUnavailable"],
    [
      "is refused in an undocumented way",
      fault(409, "EntityTemporarilyUnmodifiable", "x"),
      "OutcomeUnknown",
      "VendorConflict",
    ],
    ["is refused as invalid, which is not documented", fault(400, "Peculiar", "x"), "OutcomeUnknown", "RequestRefused"],
    ["is stopped by a proxy", HTML, "OutcomeUnknown", "AnswerNotUnderstood"],
    ["is answered by a web page", { ...HTML, status: 200 }, "OutcomeUnknown", "AnswerNotUnderstood"],
  ])("that %s is told as such, and sent once", async (_title, reply, name, reason) => {
    await using bench = await world();
    let sent = 0;
    bench.emulator.set({
      when: ({ text }) => text.includes("CreateAccessKey"),
      times: 5,
      mishap: { kind: "answer", reply },
      caught: () => (sent += 1),
    });
    expect(await failure(bench.mint())).toMatchObject({ name, reason });
    expect([sent, bench.emulator.iam.of("orders-app").length]).toEqual([1, 1]);
  });

  it("whose answer is lost leaves a key that the inventory shows, and that can be ended without its secret", async () => {
    await using bench = await world();
    const before = await order(bench.issuer);
    bench.emulator.arm("iam:CreateAccessKey", { kind: "reset-after" });
    expect(await failure(bench.issuer.mint(before, never))).toMatchObject({ name: "OutcomeUnknown" });
    const lost = (await bench.issuer.list(never)).filter(({ id }) => id !== bench.old.id);
    expect(lost).toMatchObject([{ enabled: true, createdAt: expect.stringMatching(/Z$/) }]);
    expect(lost[0]).not.toHaveProperty("lastUsedAt");
    await bench.issuer.destroy(lost[0]?.id ?? "", never);
    expect((await bench.issuer.list(never)).map(({ id }) => id)).toEqual([bench.old.id]);
  });

  it("that lands late is seen in the inventory of later", async () => {
    await using bench = await world();
    const before = await order(bench.issuer);
    bench.emulator.arm("iam:CreateAccessKey", { kind: "hang", landsAfterMs: 60_000 });
    expect(await failure(bench.issuer.mint(before, AbortSignal.timeout(200)))).toMatchObject({
      name: "OutcomeUnknown",
    });
    expect(await bench.issuer.list(never)).toHaveLength(1);
    bench.time.now += 60_000;
    expect(await bench.issuer.list(never)).toHaveLength(2);
  });

  it("is certainly none where nothing listens", async () => {
    await using bench = await world();
    const decided = await order(bench.issuer);
    await using gone = connectedTo(bench.emulator, { endpoint: "http://127.0.0.1:1" });
    expect(await failure(issuerOn(gone).mint(decided, never))).toMatchObject({
      name: "Transient",
      reason: "ConnectFailed",
    });
  });
});

describe("access keys: what is no proof of death", () => {
  it("a clock that is wrong", async () => {
    await using bench = await world();
    bench.time.now += 600_000;
    expect(await bench.issuer.verify(valueOf(bench.old), never)).toMatchObject({
      liveness: "inconclusive",
      reason: "ClockSkewed",
    });
    expect(await failure(bench.issuer.identify(valueOf(bench.old), never))).toMatchObject({ reason: "ClockSkewed" });
    expect(await bench.connection.probe(never)).toMatchObject({
      ready: false,
      reason: "ClockSkewed",
      message: expect.stringContaining("Set the controller's clock right."),
    });
  });

  it.each([
    ["a throttled question", fault(400, "Throttling", "Rate exceeded"), "RateLimited"],
    ["a failure of AWS", fault(503, "ServiceUnavailable", "later"), "VendorUnavailable"],
    ["a proxy's own 403", { status: 403, body: "<html></html>" }, "AnswerNotUnderstood"],
  ])("%s", async (_title, reply, reason) => {
    await using bench = await world();
    bench.emulator.arm("sts:GetCallerIdentity", { kind: "answer", reply });
    expect(await bench.issuer.verify(valueOf(bench.old), never)).toMatchObject({ liveness: "inconclusive", reason });
  });

  it("half of a value", async () => {
    await using bench = await world();
    const { accessKeyId } = valueOf(bench.old);
    expect(await bench.issuer.verify(accessKeyId ? { accessKeyId } : {}, never)).toMatchObject({
      liveness: "needs-human",
      reason: "ValueIncomplete",
    });
    expect(bench.emulator.seen).toEqual([]);
  });
});

describe("access keys: whose they are", () => {
  it("finds a key of another user, and takes it neither for its own nor for gone", async () => {
    await using bench = await world();
    bench.emulator.iam.addUser("other-app");
    const foreign = bench.emulator.iam.addKey("other-app", bench.time.now);
    const reason = "KeyOfAnotherUser";
    expect(await bench.issuer.verify(valueOf(foreign), never)).toMatchObject({ liveness: "needs-human", reason });
    expect(await failure(bench.issuer.identify(valueOf(foreign), never))).toMatchObject({ name: "Terminal", reason });
    expect(await failure(bench.issuer.revoke(foreign.id, never))).toMatchObject({ name: "Terminal", reason });
    expect(await failure(bench.issuer.destroy(foreign.id, never))).toMatchObject({ name: "Terminal", reason });
    expect(foreign.status).toBe("Active");
  });

  it("identifies a disabled key, which AWS says nothing of", async () => {
    await using bench = await world();
    await bench.issuer.revoke(bench.old.id, never);
    expect(await bench.issuer.identify(valueOf(bench.old), never)).toBe(bench.old.id);
    await bench.issuer.destroy(bench.old.id, never);
    expect(await bench.issuer.identify(valueOf(bench.old), never)).toBeUndefined();
  });

  it("does not say yet whose a key is that AWS lists and does not accept", async () => {
    await using bench = await world();
    bench.emulator.iam.delays.birthMs = 15_000;
    const { id, value } = await bench.mint();
    const error = await failure(bench.issuer.identify(value, never));
    expect(error).toMatchObject({ name: "Transient", reason: "NotIdentified" });
    bench.time.now += 15_000;
    expect(await bench.issuer.identify(value, never)).toBe(id);
  });

  it("does not end the key that Velvet works with", async () => {
    await using bench = await world();
    const own = issuerOn(bench.connection, "velvet");
    for (const end of [own.revoke(bench.emulator.admin.id, never), own.destroy(bench.emulator.admin.id, never)]) {
      expect(await failure(end)).toMatchObject({ name: "Terminal", reason: "OwnKey" });
    }
    expect(bench.emulator.admin.status).toBe("Active");
  });

  it("is ready whatever its policies forbid: AWS tells nobody beforehand, and each refusal names its action", async () => {
    await using bench = await world();
    for (const action of ["sts:GetCallerIdentity", "iam:ListAccessKeys"]) bench.emulator.denied.add(action);
    expect(await bench.connection.probe(never)).toMatchObject({ ready: true, reason: "CallerKnown" });
    expect(await failure(bench.issuer.list(never))).toMatchObject({
      message: "AWS does not let Velvet do iam:ListAccessKeys on user/orders-app.",
    });
  });

  it("names the action that lacks, and lists without the last use where that alone lacks", async () => {
    await using bench = await world();
    bench.emulator.denied.add("iam:GetAccessKeyLastUsed");
    bench.emulator.denied.add("iam:UpdateAccessKey");
    expect(await bench.issuer.list(never)).toMatchObject([{ id: bench.old.id }]);
    expect(await failure(bench.issuer.revoke(bench.old.id, never))).toMatchObject({
      reason: "AccountForbidden",
      message: "AWS does not let Velvet do iam:UpdateAccessKey on user/orders-app.",
      facts: { operation: "iam:UpdateAccessKey", status: 403, code: "AccessDenied" },
    });
    expect(await failure(bench.issuer.usage?.(bench.old.id, never) ?? Promise.resolve())).toMatchObject({
      reason: "AccountForbidden",
    });
  });

  it("tells the account's globs which user is meant", () => {
    expect(aws.targets("issuer", { user: "orders-app" })).toEqual({ user: "orders-app" });
  });
});

describe("access keys: values", () => {
  it("shows none in what an official client throws, whatever the vendor echoes", async () => {
    await using bench = await world();
    const { secret, id } = bench.old;
    const echo = fault(400, "ValidationError", `1 validation error: ${secret}`);
    bench.emulator.arm("iam:ListAccessKeys", { kind: "answer", reply: echo });
    bench.emulator.arm("iam:CreateAccessKey", { kind: "answer", reply: { status: 200, body: `{"${secret}"` } });
    await using server = await answering((_request, response) => response.writeHead(200).end(`not JSON ${secret}`));
    await using elsewhere = connectedTo(bench.emulator, { endpoint: server.url });
    const errors = [
      await failure(bench.issuer.list(never)),
      await failure(bench.issuer.mint({ marker: newMarker(), inventory: [{ id, enabled: true }] }, never)),
      await failure(issuerOn(elsewhere).list(never)),
      await failure(elsewhere.sink?.({ secret: { name: "a" } }).observe(["A"], never) ?? Promise.resolve()),
    ];
    for (const error of errors) {
      expect(isAdapterError(error)).toBe(true);
      expect(everything(error)).not.toContain(secret);
      expect(everything(error)).not.toContain(bench.emulator.admin.secret);
    }
  });
});
