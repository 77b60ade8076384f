import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { newWorld, never, SERVER, silentIssuer, valueOf } from "./emulator-bench.ts";

const OTHER_SERVER = 7_654_321;

describe("what people do in the dashboard is seen", () => {
  it("names a token that was generated, and shows its value", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const before = await issuer.list(never);
    expect(await issuer.detect?.(before, never)).toEqual({ appeared: [], gone: [] });
    const second = world.vendor.generate(SERVER);
    const seen = await issuer.detect?.(before, never);
    expect(seen).toMatchObject({ gone: [] });
    const [id = ""] = seen?.appeared ?? [];
    expect(seen?.appeared).toHaveLength(1);
    expect((await issuer.read?.(id, never))?.["value"]?.reveal()).toBe(second);
    expect(await issuer.identify(valueOf(second), never)).toBe(id);
    expect(before.map((key) => key.id)).toEqual([await issuer.identify(valueOf(world.first), never)]);
    expect(world.vendor.strays).toEqual([]);
  });

  it("names every one of several, and lets nobody guess", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const before = await issuer.list(never);
    world.vendor.generate(SERVER);
    world.vendor.generate(SERVER);
    expect((await issuer.detect?.(before, never))?.appeared).toHaveLength(2);
    expect(() => world.vendor.generate(SERVER)).toThrow("no more");
  });

  it("sees that one was deleted, and refuses to delete what is there", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const before = await issuer.list(never);
    const id = before.map((key) => key.id).join("");
    expect(await failure(issuer.revoke(id, never))).toMatchObject({ reason: "RevokedByHand" });
    world.vendor.generate(SERVER);
    world.vendor.remove(SERVER, world.first);
    expect(await issuer.detect?.(before, never)).toMatchObject({ gone: [id] });
    expect(await issuer.revoke(id, never)).toEqual([]);
    expect(await failure(Promise.resolve(issuer.read?.(id, never)))).toMatchObject({
      reason: "TargetGone",
    });
    expect(await issuer.verify(valueOf(world.first), never)).toMatchObject({
      liveness: "dead",
      reason: "TokenRejected",
    });
  });

  it("says where, and how long it usually takes", async () => {
    await using world = await newWorld();
    const { instructions } = world.issuer({}, { dashboard: "https://mail.example", expected: "30m" });
    expect(instructions?.mint).toMatchObject({
      link: `https://mail.example/servers/${SERVER}/credentials`,
      expectedMs: 1_800_000,
    });
    expect(instructions?.revoke?.text).toContain("delete the old token");
  });

  it("does nothing of that where the account has no token", async () => {
    await using world = await newWorld();
    const issuer = world.issuer({ detects: false }, { detects: false }, "");
    expect(issuer).not.toHaveProperty("detect");
    expect(issuer).not.toHaveProperty("read");
    expect(await issuer.list(never)).toEqual([]);
    expect(await issuer.identify(valueOf(world.first), never)).toBeUndefined();
    expect(await issuer.verify(valueOf(world.first), never)).toMatchObject({ liveness: "alive" });
    expect(await failure(issuer.revoke("by-hand@1", never))).toMatchObject({ reason: "RevokedByHand" });
    expect(await world.connect({ detects: false }, "").probe(never)).toMatchObject({ ready: true });
  });
});

describe("what Postmark's answers mean", () => {
  it("refuses a new token for a while, which is inside the propagation window", async () => {
    await using world = await newWorld({ delayMs: 30_000 });
    const issuer = world.issuer();
    const value = valueOf(world.vendor.generate(SERVER));
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "dead" });
    expect(issuer.traits.propagation.windowMs).toBeGreaterThan(30_000);
    world.time.ms += 30_000;
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
  });

  it("tells a token of another server from the right one, although both are answered 200", async () => {
    await using world = await newWorld();
    const other = world.vendor.addServer(OTHER_SERVER);
    expect(await world.issuer().verify(valueOf(other), never)).toMatchObject({
      liveness: "needs-human",
      reason: "TokenElsewhere",
    });
    expect(await world.issuer().verify(valueOf("POSTMARK_API_TEST"), never)).toMatchObject({ liveness: "needs-human" });
  });

  it.each([
    [{ status: 401, body: { ErrorCode: 10, Message: "in other words" } }, "dead", "TokenRejected"],
    [{ status: 401, body: "<html>" }, "inconclusive", "EdgeAnswered"],
    [{ status: 401, body: { ErrorCode: 1 } }, "inconclusive", "EdgeAnswered"],
    [{ status: 429, body: { ErrorCode: 0 } }, "inconclusive", "RateLimited"],
    [{ status: 503, body: { ErrorCode: 100 } }, "inconclusive", "VendorUnavailable"],
    [{ status: 200, body: "ok" }, "inconclusive", "AnswerNotUnderstood"],
  ])("takes %j for %s", async (reply, liveness, reason) => {
    await using world = await newWorld();
    world.vendor.set({ mishap: { kind: "answer", reply } });
    expect(await world.issuer().verify(valueOf(world.first), never)).toMatchObject({ liveness, reason });
  });

  it("backs off by five seconds at least where Postmark does not say for how long", async () => {
    await using world = await newWorld();
    world.vendor.set({ mishap: { kind: "answer", reply: { status: 429 } } });
    expect(await world.issuer().verify(valueOf(world.first), never)).toMatchObject({ retryAfterMs: 5_000 });
  });

  it("sends nothing that no token can be", async () => {
    await using world = await newWorld();
    for (const wrong of ["", "a b", "a\r\nb", "x".repeat(300)]) {
      expect(await world.issuer().verify(valueOf(wrong), never)).toMatchObject({
        liveness: "dead",
        reason: "TokenMalformed",
      });
    }
    expect(world.vendor.seen).toEqual([]);
  });
});

describe("the account's own token", () => {
  it("is what the probe asks with", async () => {
    await using world = await newWorld();
    expect(await world.connect().probe(never)).toMatchObject({ ready: true, reason: "TokenAccepted" });
    expect(await world.connect({}, "another").probe(never)).toMatchObject({
      ready: false,
      reason: "AccountUnauthorized",
    });
    // A server's token is of the wrong kind.
    expect(await world.connect({}, world.first).probe(never)).toMatchObject({ ready: false });
  });

  it("that is refused fails a look, and says nothing of any token", async () => {
    await using world = await newWorld();
    const error = await failure(world.issuer({}, {}, "another").list(never));
    expect(error).toMatchObject({
      name: "Terminal",
      reason: "AccountUnauthorized",
      facts: { status: 401, code: "10" },
    });
  });
});

describe("values stay where they are", () => {
  it("shows ids that nobody can lead back, and nothing of a body in an error", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const second = world.vendor.generate(SERVER);
    const shown = everything(await issuer.list(never)) + everything(await issuer.detect?.([], never));
    for (const text of [world.first, second]) {
      for (const part of [text, ...text.split("-").filter((each) => each.length > 4)])
        expect(shown).not.toContain(part);
    }
    world.vendor.set({
      times: 3,
      mishap: { kind: "answer", reply: { status: 200, body: { ID: SERVER, ApiTokens: second } } },
    });
    const error = await failure(issuer.list(never));
    expect(error).toMatchObject({ reason: "AnswerNotUnderstood" });
    expect(everything(error)).not.toContain(second);
  });

  it("gives a token one id, however it is written, and another one on another server", async () => {
    await using world = await newWorld();
    const issuer = world.issuer();
    const id = await issuer.identify(valueOf(world.first), never);
    expect(id).toMatch(new RegExp(`^${SERVER}/[0-9a-f]{16}$`));
    expect(await issuer.identify(valueOf(` ${world.first.toUpperCase()}\n`), never)).toBe(id);
  });

  it("stops when its signal aborts", async () => {
    await using issuer = await silentIssuer();
    for (const work of [
      issuer.list(AbortSignal.timeout(50)),
      issuer.verify(valueOf("x"), AbortSignal.timeout(50)),
      issuer.detect?.([], AbortSignal.timeout(50)),
    ]) {
      expect(await failure(Promise.resolve(work))).toMatchObject({ reason: "Aborted" });
    }
  });
});
