import { afterAll, describe, expect, it } from "vitest";
import type { Issuer, MintOrder } from "../contract.ts";
import { newMarker } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import type { Reply } from "../emulator/emulator.ts";
import { never, newWorld, opened, secret, type World } from "./bench.fixture.ts";

const BLOCK = { authorization: { scope: ["read-protected"] } };

const orderOf = (marker = newMarker()): MintOrder => ({ marker, inventory: [] });
const html = (status: number): Reply => ({ status, body: "<html>who are you?</html>" });
const answer = (reply: Reply) => ({ kind: "answer", reply }) as const;
const ours = ({ vendor }: World, marker: string) => vendor.keys().filter(({ description }) => description === marker);
const posts = ({ vendor }: World) => vendor.seen.filter(({ method }) => method === "POST").length;
const verdictOf = async (issuer: Issuer, token: string) => issuer.verify(secret(token), never);

afterAll(() => opened.splice(0));

describe("a token's verdict", () => {
  it("is alive for new and old forms, and for a scope of its own", async () => {
    await using world = await newWorld();
    const issuer = world.issuer(BLOCK);
    for (const wanted of [{}, { token: "01234567-89ab-cdef-0123-456789abcdef" }, { scope: ["identity"] }]) {
      const { token } = world.vendor.authorize(wanted);
      expect(await verdictOf(issuer, token)).toMatchObject({ liveness: "alive", reason: "TokenAccepted" });
    }
  });

  it("is dead only where Heroku itself says unauthorized", async () => {
    await using world = await newWorld();
    const issuer = world.issuer(BLOCK);
    expect(await verdictOf(issuer, "HRKU-never")).toMatchObject({ liveness: "dead", reason: "TokenRejected" });
    for (const status of [200, 401, 403, 404, 418]) {
      world.vendor.set({ path: /^\/account$/, mishap: answer(html(status)) });
      expect(await verdictOf(issuer, "HRKU-never")).toMatchObject({ liveness: "inconclusive" });
    }
  });

  it("is dead once its own time is over", async () => {
    await using world = await newWorld();
    const { token } = world.vendor.authorize({ expiresIn: 60 });
    expect(await verdictOf(world.issuer(BLOCK), token)).toMatchObject({ liveness: "alive" });
    world.time.ms += 60_000;
    expect(await verdictOf(world.issuer(BLOCK), token)).toMatchObject({ liveness: "dead" });
  });

  it.each([
    ["two_factor", "TwoFactorAsked"],
    ["suspended", "AccountOnHold"],
    ["delinquent", "AccountOnHold"],
  ] as const)("needs a person where Heroku says %s", async (what, reason) => {
    await using world = await newWorld();
    const { token } = world.vendor.authorize({});
    world.vendor.hold(what);
    expect(await verdictOf(world.issuer(BLOCK), token)).toMatchObject({ liveness: "needs-human", reason });
  });

  it("is restricted where Heroku knows the token and the scope does not reach", async () => {
    await using world = await newWorld();
    const { token } = world.vendor.authorize({});
    const body = { id: "forbidden", message: "no" };
    world.vendor.set({ path: /^\/account$/, mishap: answer({ status: 403, body }) });
    expect(await verdictOf(world.issuer(BLOCK), token)).toMatchObject({ liveness: "restricted" });
  });

  it("is inconclusive at the limit that all tokens of the user share, and says to rest a minute", async () => {
    await using world = await newWorld({ bucket: { size: 1, perMinute: 75 } });
    const [first, second] = [world.vendor.authorize({}), world.vendor.authorize({})];
    const issuer = world.issuer(BLOCK);
    expect(await verdictOf(issuer, first.token)).toMatchObject({ liveness: "alive" });
    expect(await verdictOf(issuer, second.token)).toEqual({
      liveness: "inconclusive",
      reason: "RateLimited",
      message: expect.any(String),
      retryAfterMs: 60_000,
    });
    world.time.ms += 60_000;
    expect(await verdictOf(issuer, second.token)).toMatchObject({ liveness: "alive" });
  });

  it("is inconclusive where the server fails or breaks off", async () => {
    await using world = await newWorld();
    const { token } = world.vendor.authorize({});
    world.vendor.set({ mishap: answer({ status: 503, body: { id: "unavailable", message: "later" } }) });
    world.vendor.set({ times: 2, mishap: { kind: "reset-after" } });
    const issuer = world.issuer(BLOCK);
    expect(await verdictOf(issuer, token)).toMatchObject({ reason: "VendorUnavailable", liveness: "inconclusive" });
    expect(await verdictOf(issuer, token)).toMatchObject({ reason: "ConnectionLost", liveness: "inconclusive" });
  });

  it("is never a guess about what no header can carry", async () => {
    await using world = await newWorld();
    for (const value of ["", "HRKU-x\n", "HRKU-\u00e9"]) {
      expect(await verdictOf(world.issuer(BLOCK), value)).toMatchObject({ reason: "ValueNotSendable" });
    }
    expect(world.vendor.seen).toEqual([]);
  });

  it("is refused for the account's own token, before anything starts", async () => {
    await using world = await newWorld();
    const error = await failure(verdictOf(world.issuer(BLOCK), world.token));
    expect(error).toMatchObject({ name: "Terminal", reason: "BootstrapCircularity" });
  });
});

describe("a mint of an authorization", () => {
  it("asks once, for the scope and the time of the block, with the marker as description", async () => {
    await using world = await newWorld();
    const order = orderOf();
    const minted = await world.issuer({ authorization: { scope: ["write"], expiresIn: "2d" } }).mint(order, never);
    expect(ours(world, order.marker)).toMatchObject([{ id: minted.id, scope: ["write"], expiresIn: 172_800 }]);
    expect(Date.parse(minted.expiresAt ?? "") - Date.parse(minted.issuedAt ?? "")).toBe(172_800_000);
    expect(posts(world)).toBe(1);
  });

  it("may be refused for a moment, and then works", async () => {
    await using world = await newWorld({ worksAfterMs: 5_000 });
    const issuer = world.issuer(BLOCK);
    const { value } = await issuer.mint(orderOf(), never);
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "dead" });
    world.time.ms += issuer.traits.propagation.windowMs;
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
  });

  it.each([
    ["reset-after", { kind: "reset-after" }],
    ["no answer, landing late", { kind: "hang", landsAfterMs: 20_000 }],
  ] as const)("whose answer is lost (%s) is found by its marker and read again", async (_, mishap) => {
    await using world = await newWorld();
    const [issuer, order] = [world.issuer(BLOCK), orderOf()];
    world.vendor.set({ method: "POST", mishap });
    expect(await failure(issuer.mint(order, never))).toBeInstanceOf(OutcomeUnknown);
    world.time.ms += 20_000;
    world.vendor.elapse();
    const [found] = (await issuer.list(never)).filter(({ marker }) => marker === order.marker);
    const [made] = ours(world, order.marker);
    const value = await issuer.read?.(found?.id ?? "", never);
    expect(value?.["value"]?.reveal()).toBe(made?.token);
    expect(await issuer.identify(value ?? {}, never)).toBe(found?.id);
    expect(posts(world)).toBe(1);
  });

  it("that lands twice leaves two with one marker, both to be seen", async () => {
    await using world = await newWorld();
    const [issuer, order] = [world.issuer(BLOCK), orderOf()];
    world.vendor.set({ method: "POST", mishap: { kind: "twice", landsAfterMs: 3_000 } });
    await issuer.mint(order, never);
    world.time.ms += 3_000;
    const listed = (await issuer.list(never)).filter(({ marker }) => marker === order.marker);
    expect(listed).toHaveLength(2);
  });

  it.each([
    [400, "bad_request", Terminal, "RequestRefused"],
    [402, "delinquent", Terminal, "AccountOnHold"],
    [403, "forbidden", Terminal, "AccountForbidden"],
    [403, "two_factor", Terminal, "TwoFactorAsked"],
    [422, "invalid_params", Terminal, "RequestRefused"],
    [429, "rate_limit", OutcomeUnknown, "RateLimited"],
    [500, "server_error", OutcomeUnknown, "VendorUnavailable"],
  ] as const)("answered %d %s is a definite no or unknown", async (status, id, kind, reason) => {
    await using world = await newWorld();
    world.vendor.set({ method: "POST", mishap: answer({ status, body: { id, message: "HRKU-echo" } }) });
    const error = await failure(world.issuer(BLOCK).mint(orderOf(), never));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ reason, facts: { status, code: id } });
    expect(everything(error)).not.toContain("HRKU-echo");
    expect(posts(world)).toBe(1);
  });

  it("with a yes that cannot be read is unknown", async () => {
    await using world = await newWorld();
    for (const body of ["<html>", { id: "x" }, []]) {
      world.vendor.set({ method: "POST", mishap: answer({ status: 201, body }) });
      expect(await failure(world.issuer(BLOCK).mint(orderOf(), never))).toBeInstanceOf(OutcomeUnknown);
    }
  });

  it("reads nothing of what is gone", async () => {
    await using world = await newWorld();
    const error = await failure(world.issuer(BLOCK).read?.("01234567", never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Terminal", reason: "TokenNotShown" });
  });
});

describe("authorizations of the user", () => {
  it("are listed page by page, and one on a later page is identified", async () => {
    await using world = await newWorld();
    const made = Array.from({ length: 450 }, (_unused, index) => world.vendor.authorize({ description: `n${index}` }));
    const issuer = world.issuer(BLOCK);
    const listed = await issuer.list(never);
    expect(listed).toHaveLength(451);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(451);
    expect(world.vendor.seen.map(({ status }) => status)).toEqual([206, 206, 200]);
    const last = made.toSorted((one, other) => (one.id < other.id ? -1 : 1)).at(-1);
    expect(await issuer.identify(secret(last?.token ?? ""), never)).toBe(last?.id);
  });

  it("keep to themselves what people wrote on them", async () => {
    await using world = await newWorld();
    const { id } = world.vendor.authorize({ description: "laptop of ana" });
    const listed = await world.issuer(BLOCK).list(never);
    expect(listed.find((key) => key.id === id)).toEqual({ id, enabled: true, createdAt: "2026-11-27T00:00:00Z" });
  });

  it("are not half a list where a page fails", async () => {
    await using world = await newWorld();
    for (let count = 0; count < 201; count += 1) world.vendor.authorize({});
    world.vendor.set({ after: 1, mishap: answer({ status: 503, body: { id: "unavailable", message: "later" } }) });
    expect(await failure(world.issuer(BLOCK).list(never))).toBeInstanceOf(Transient);
  });

  it("are not issued by an account that is declared for other uses", async () => {
    await using world = await newWorld();
    const issuer = world.issuer(BLOCK, { config: { uses: ["config-vars"] } });
    expect(await failure(issuer.list(never))).toMatchObject({ name: "Terminal", reason: "UseNotDeclared" });
    expect(world.vendor.seen).toEqual([]);
  });
});

describe("a revoke of an authorization", () => {
  it("that fails leaves it alive, and works when it is tried again", async () => {
    await using world = await newWorld();
    const { id, token } = world.vendor.authorize({});
    const issuer = world.issuer(BLOCK);
    world.vendor.set({
      method: "DELETE",
      mishap: answer({ status: 503, body: { id: "unavailable", message: token } }),
    });
    const error = await failure(issuer.revoke(id, never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(everything(error)).not.toContain(token);
    expect(await verdictOf(issuer, token)).toMatchObject({ liveness: "alive" });
    expect(await issuer.revoke(id, never)).toEqual([]);
    expect(await verdictOf(issuer, token)).toMatchObject({ liveness: "dead" });
  });

  it("whose answer is lost is done when it is tried again", async () => {
    await using world = await newWorld();
    const { id } = world.vendor.authorize({});
    world.vendor.set({ method: "DELETE", mishap: { kind: "reset-after" } });
    expect(await failure(world.issuer(BLOCK).revoke(id, never))).toBeInstanceOf(OutcomeUnknown);
    expect(await world.issuer(BLOCK).revoke(id, never)).toEqual([]);
  });

  it("never ends the token with which Velvet itself speaks", async () => {
    await using world = await newWorld();
    const own = world.vendor.keys().find(({ token }) => token === world.token);
    for (const end of ["revoke", "destroy"] as const) {
      const error = await failure(world.issuer(BLOCK)[end](own?.id ?? "", never));
      expect(error).toMatchObject({ name: "Terminal", reason: "BootstrapCircularity" });
    }
    expect(world.vendor.keys()).toContain(own);
  });
});

describe("the emulated Heroku", () => {
  it("was asked and answered as the official description says", () => {
    expect(opened.length).toBeGreaterThan(20);
    expect(opened.flatMap(({ strays }) => strays)).toEqual([]);
  });
});
