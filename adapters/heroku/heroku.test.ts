import { afterAll, describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { APP, never, newTime, newWorld, opened, secret } from "./bench.fixture.ts";
import { heroku } from "./heroku.ts";
import { durationMs } from "../duration.ts";

afterAll(() => opened.splice(0));

describe("the adapter heroku", () => {
  it("tells the account's globs what is touched", () => {
    expect(heroku.targets("issuer", { authorization: { scope: ["write", "read"] } })).toEqual({
      kind: "authorization",
      scope: "read,write",
    });
    expect(heroku.targets("issuer", { postgres: { addon: "postgresql-sunny-1234" } })).toEqual({
      kind: "postgres",
      addon: "postgresql-sunny-1234",
      credential: "default",
    });
    expect(heroku.targets("sink", { app: APP })).toEqual({ app: APP });
  });

  it("declares its traits by what is rotated", () => {
    expect(heroku.issuerTraits?.({ authorization: { scope: ["read"] } })).toMatchObject({ mintClass: "re-readable" });
    expect(heroku.issuerTraits?.({ postgres: { addon: "a" } })).toMatchObject({ mintClass: "vendor-distributed" });
    expect(heroku.sinkTraits?.({ app: APP })).toEqual({ grade: "value", atomic: true, conditional: false });
    expect(heroku).toMatchObject({ name: "heroku", roles: ["issuer", "sink"], endpoint: "optional" });
  });

  it("refuses a block that says neither", async () => {
    await using world = await newWorld();
    expect(() => world.issuer({})).toThrow("neither authorization nor postgres");
  });

  it("never sends a token that is for another host to Heroku's own data API", async () => {
    await using world = await newWorld();
    const connection = heroku.connect(
      {
        name: "heroku",
        generation: 1,
        endpoint: world.vendor.url,
        config: {},
        endpoints: [],
        secret: () => secret(world.token).value,
        headers: () => ({}),
      },
      newTime(),
    );
    const error = await failure(connection.issuer?.({ postgres: { addon: "a" } }).list(never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Terminal", reason: "EndpointInvalid" });
    await connection[Symbol.asyncDispose]();
  });

  it("reads durations as the schema writes them", () => {
    expect(["30s", "1h30m", "250ms", "180d", "2w"].map(durationMs)).toEqual([
      30_000, 5_400_000, 250, 15_552_000_000, 1_209_600_000,
    ]);
  });
});

describe("the probe of an account", () => {
  it("is ready, and tells what is left of the limit", async () => {
    await using world = await newWorld();
    expect(await world.connect().probe(never)).toEqual({
      ready: true,
      reason: "TokenAccepted",
      message: expect.any(String),
      remaining: 4_498,
    });
    expect(world.vendor.seen.every(({ method }) => method === "GET")).toBe(true);
  });

  it("names a dead token", async () => {
    await using world = await newWorld();
    const health = await world.connect({ token: "HRKU-dead" }).probe(never);
    expect(health).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
    expect(everything(health)).not.toContain("HRKU-dead");
  });

  it("names the scope that issuing needs, unless the account is for other uses", async () => {
    await using world = await newWorld();
    const { token } = world.vendor.authorize({ scope: ["write-protected"] });
    const refused = await world.connect({ token }).probe(never);
    expect(refused).toMatchObject({ ready: false, reason: "AccountForbidden" });
    expect(refused.message).toContain("`global`");
    const uses = ["config-vars", "postgres"];
    expect(await world.connect({ token, config: { uses } }).probe(never)).toMatchObject({ ready: true });
  });

  it.each([
    ["two_factor", "TwoFactorAsked"],
    ["suspended", "AccountOnHold"],
    ["delinquent", "AccountOnHold"],
  ] as const)("says that a person is needed where Heroku says %s", async (what, reason) => {
    await using world = await newWorld();
    world.vendor.hold(what);
    expect(await world.connect().probe(never)).toMatchObject({ ready: false, reason });
  });

  it("tells a second factor that only issuing asks for from a scope", async () => {
    await using world = await newWorld();
    const body = { id: "two_factor", message: "a code, please" };
    world.vendor.set({ path: /authorizations/, mishap: { kind: "answer", reply: { status: 403, body } } });
    expect(await world.connect().probe(never)).toMatchObject({ ready: false, reason: "TwoFactorAsked" });
  });

  it("is not ready at the limit, while Heroku is silent, and without its secret", async () => {
    await using world = await newWorld({ bucket: { size: 1, perMinute: 75 } });
    expect(await world.connect({ config: { uses: ["config-vars"] } }).probe(never)).toMatchObject({ remaining: 0 });
    expect(await world.connect().probe(never)).toMatchObject({ ready: false, reason: "RateLimited" });
    world.vendor.set({ mishap: { kind: "hang" } });
    const silent = await world.connect({ config: { timeout: "100ms" } }).probe(never);
    expect(silent).toMatchObject({ ready: false, reason: "AnswerTimeout" });
  });

  it("always asks for version 3, without which Heroku answers 406", async () => {
    await using world = await newWorld();
    const headers = { authorization: `Bearer ${world.token}` };
    const bare = await fetch(`${world.vendor.url}/account`, { headers });
    expect([bare.status, await bare.json()]).toMatchObject([406, { id: "not_acceptable" }]);
    await world.connect().probe(never);
    expect(world.vendor.seen.slice(1).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("the emulated Heroku", () => {
  it("finds what the official description does not know", async () => {
    await using world = await newWorld();
    const headers = {
      accept: "application/vnd.heroku+json; version=3",
      authorization: `Bearer ${world.token}`,
      "content-type": "application/json",
    };
    const patch = async (body: unknown) =>
      fetch(`${world.vendor.url}/apps/${APP}/config-vars`, { method: "PATCH", headers, body: JSON.stringify(body) });
    expect((await patch({ A: "1" })).status).toBe(200);
    expect(world.vendor.strays).toEqual([]);
    expect((await patch({ A: 1 })).status).toBe(422);
    await fetch(`${world.vendor.url}/apps/${APP}/nothing`, { headers });
    const scope = { scope: "global" };
    await fetch(`${world.vendor.url}/oauth/authorizations`, { method: "POST", headers, body: JSON.stringify(scope) });
    expect(world.vendor.strays).toEqual([`GET /apps/${APP}/nothing is no route`]);
    opened.splice(opened.indexOf(world.vendor), 1);
  });

  it("tells the rest of the limit without counting the question", async () => {
    await using world = await newWorld({ bucket: { size: 2, perMinute: 75 } });
    const headers = { accept: "application/vnd.heroku+json; version=3", authorization: `Bearer ${world.token}` };
    const ask = async (path: string) => (await fetch(`${world.vendor.url}${path}`, { headers })).json();
    await ask("/account");
    for (let asked = 0; asked < 3; asked += 1) expect(await ask("/account/rate-limits")).toEqual({ remaining: 1 });
    await ask("/account");
    expect(await ask("/account")).toMatchObject({ id: "rate_limit" });
  });

  it("was asked and answered as the official description says", () => {
    expect(opened.length).toBeGreaterThan(8);
    expect(opened.flatMap(({ strays }) => strays)).toEqual([]);
  });
});
