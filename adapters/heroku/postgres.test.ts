import { afterAll, describe, expect, it } from "vitest";
import type { Issuer, MintOrder } from "../contract.ts";
import { newMarker } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { APP, DATABASE, never, newWorld, opened, type World } from "./bench.fixture.ts";
import type { DatabaseOptions } from "./emulator-postgres.ts";

const NAMED = { postgres: { addon: DATABASE, credential: "orders" } };
const POST = { method: "POST", path: /credentials_rotation$/ };
const HALF_HOUR = 30 * 60_000;

async function newDatabase(options: DatabaseOptions = {}, credential = "orders"): Promise<World> {
  const world = await newWorld();
  const attachments = [{ app: APP, key: "DATABASE_URL", credential }];
  world.vendor.makeDatabase(DATABASE, { credentials: ["orders"], ...options }, attachments);
  return world;
}

const orderOf = async (issuer: Issuer): Promise<MintOrder> => ({
  marker: newMarker(),
  inventory: await issuer.list(never),
});
const mintWith = async (issuer: Issuer) => issuer.mint(await orderOf(issuer), never);
const urlOf = (world: World, credential = "orders"): SecretFields => ({
  url: Secret.from(world.vendor.databaseUrl(DATABASE, credential)),
});
const rotations = ({ vendor }: World) => vendor.dataSeen.filter(({ method }) => method === "POST").length;

afterAll(() => opened.splice(0));

describe("a rotation of a named credential", () => {
  it("is triggered once; Heroku writes the app, and exactly what was minted", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const { id, value } = await mintWith(issuer);
    const sink = world.sink();
    const seen = await sink.observe(["DATABASE_URL"], never);
    expect(seen.keys["DATABASE_URL"]?.value?.reveal()).toBe(value["url"]?.reveal());
    expect(await sink.settle({ changed: true }, never)).toEqual({ state: "settled" });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive", reason: "LoginActive" });
    expect(await issuer.identify({ url: seen.keys["DATABASE_URL"]?.value ?? Secret.from("") }, never)).toBe(id);
    expect(rotations(world)).toBe(1);
  });

  it("waits for the app's release phase and its dynos, whoever released", async () => {
    await using world = await newDatabase();
    world.vendor.changeApp(APP, { releaseMs: 60_000, restartMs: 10_000 });
    const { value } = await mintWith(world.issuer(NAMED));
    const sink = world.sink();
    const [wanted, held] = [
      value["url"],
      async () => (await sink.observe(["DATABASE_URL"], never)).keys["DATABASE_URL"],
    ];
    expect((await held())?.value?.reveal()).not.toBe(wanted?.reveal());
    expect(await sink.settle({ changed: true }, never)).toMatchObject({ state: "pending", retryAfterMs: 10_000 });
    world.time.ms += 60_000;
    expect((await held())?.value?.reveal()).toBe(wanted?.reveal());
    expect(await sink.settle({ changed: true }, never)).toMatchObject({ state: "pending", retryAfterMs: 5_000 });
    world.time.ms += 10_000;
    expect(await sink.settle({ changed: true }, never)).toEqual({ state: "settled" });
  });

  it("leaves the old login to its sessions for half an hour; then it is dead, and its revoke a success", async () => {
    await using world = await newDatabase();
    const [issuer, old] = [world.issuer(NAMED), urlOf(world)];
    const oldId = (await issuer.identify(old, never)) ?? "";
    await mintWith(issuer);
    expect(await issuer.verify(old, never)).toMatchObject({ liveness: "restricted", reason: "LoginEnding" });
    expect(await issuer.identify(old, never)).toBe(oldId);
    expect(await issuer.usage?.(oldId, never)).toEqual({ active: 2 });
    for (const end of ["revoke", "destroy"] as const) {
      const error = await failure(issuer[end](oldId, never));
      expect(error).toBeInstanceOf(Transient);
      expect(error).toMatchObject({ reason: "LoginEnding", retryAfterMs: 60_000 });
    }
    world.time.ms += HALF_HOUR;
    expect(await issuer.revoke(oldId, never)).toEqual([]);
    expect(await issuer.destroy(oldId, never)).toEqual([]);
    expect(await issuer.verify(old, never)).toMatchObject({ liveness: "dead", reason: "LoginUnknown" });
    expect(await issuer.usage?.(oldId, never)).toEqual({});
    expect(rotations(world)).toBe(1);
  });

  it("is not begun again while the old login is being ended", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    await mintWith(issuer);
    const error = await failure(mintWith(issuer));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "RotationUnderWay" });
    world.time.ms += HALF_HOUR;
    await mintWith(issuer);
    expect(rotations(world)).toBe(2);
  });

  it("shows its login when Heroku has made it, however long that takes within one mint", async () => {
    await using world = await newDatabase({ rotationMs: 60_000 });
    const issuer = world.issuer(NAMED);
    const minting = mintWith(issuer);
    await expect.poll(() => rotations(world)).toBe(1);
    expect(await failure(issuer.list(never))).toMatchObject({ name: "Transient", reason: "RotationUnderWay" });
    expect(await issuer.verify(issuer.mutate(urlOf(world)), never)).toMatchObject({ liveness: "inconclusive" });
    world.time.ms += 60_000;
    const { id, value } = await minting;
    expect(value["url"]?.reveal()).toBe(world.vendor.databaseUrl(DATABASE, "orders"));
    expect((await issuer.list(never)).map((key) => key.id)).toContain(id);
  });

  it("that takes longer is unknown, and its login is found and read later", async () => {
    await using world = await newDatabase({ rotationMs: 60_000 });
    const issuer = world.issuer(NAMED);
    const order = await orderOf(issuer);
    const stop = new AbortController();
    const minting = failure(issuer.mint(order, stop.signal));
    await expect.poll(() => rotations(world)).toBe(1);
    stop.abort();
    expect(await minting).toBeInstanceOf(OutcomeUnknown);
    world.time.ms += 60_000;
    await expectFound(world, issuer, order);
  });

  it.each([{ kind: "reset-after" } as const, { kind: "hang", landsAfterMs: 5_000 } as const])(
    "whose answer is lost is found among what was not there before: %j",
    async (mishap) => {
      await using world = await newDatabase();
      const issuer = world.issuer(NAMED, { config: { timeout: "200ms" } });
      const order = await orderOf(issuer);
      world.vendor.setData({ ...POST, mishap });
      expect(await failure(issuer.mint(order, never))).toBeInstanceOf(OutcomeUnknown);
      world.time.ms += 5_000;
      world.vendor.elapse();
      await expectFound(world, issuer, order);
    },
  );

  it("survives a look that fails after it was triggered", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const order = await orderOf(issuer);
    const reply = { status: 503, body: { id: "unavailable", message: "later" } };
    world.vendor.setData({ method: "GET", after: 1, mishap: { kind: "answer", reply } });
    expect((await issuer.mint(order, never)).value["url"]?.reveal()).toBe(world.vendor.databaseUrl(DATABASE, "orders"));
  });

  it.each([
    [422, Terminal, "RequestRefused"],
    [403, Terminal, "AccountForbidden"],
    [404, Terminal, "TargetGone"],
    [429, OutcomeUnknown, "RateLimited"],
    [500, OutcomeUnknown, "VendorUnavailable"],
  ] as const)("answered %d is a definite no or unknown", async (status, kind, reason) => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const order = await orderOf(issuer);
    world.vendor.setData({ ...POST, mishap: { kind: "answer", reply: { status, body: { id: "x", message: "x" } } } });
    const error = await failure(issuer.mint(order, never));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ reason });
    expect(rotations(world)).toBe(1);
  });
});

async function expectFound({ vendor }: World, issuer: Issuer, order: MintOrder): Promise<void> {
  const [found, ...more] = (await issuer.list(never)).filter(({ id }) => !order.inventory.some((key) => key.id === id));
  expect(more).toEqual([]);
  const value = await issuer.read?.(found?.id ?? "", never);
  expect(value?.["url"]?.reveal()).toBe(vendor.databaseUrl(DATABASE, "orders"));
}

describe("a rotation that resets connections", () => {
  it.each([
    ["default", { addon: DATABASE }],
    ["forced", { addon: DATABASE, credential: "orders", forced: true }],
  ])("(%s) is refused unless the manifest accepts it", async (_, postgres) => {
    await using world = await newDatabase();
    const error = await failure(mintWith(world.issuer({ postgres })));
    expect(error).toMatchObject({ name: "Terminal", reason: "ResetNotAccepted" });
    expect(rotations(world)).toBe(0);
  });

  it.each([
    ["default", { addon: DATABASE, acceptsReset: true }],
    ["orders", { addon: DATABASE, credential: "orders", forced: true, acceptsReset: true }],
  ])("ends the old login of %s at once", async (credential, postgres) => {
    await using world = await newDatabase({}, credential);
    const [issuer, old] = [world.issuer({ postgres }), urlOf(world, credential)];
    const oldId = (await issuer.identify(old, never)) ?? "";
    const { value } = await mintWith(issuer);
    expect(await issuer.verify(old, never)).toMatchObject({ liveness: "dead" });
    expect(await issuer.revoke(oldId, never)).toEqual([]);
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "alive" });
    expect(world.vendor.peek(APP)["DATABASE_URL"]).toBe(value["url"]?.reveal());
  });
});

describe("logins of a database", () => {
  it("that are in force are not ended, and those of another credential not taken for gone", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const id = (await issuer.identify(urlOf(world), never)) ?? "";
    expect(await failure(issuer.revoke(id, never))).toMatchObject({ name: "Terminal", reason: "LoginInForce" });
    const foreign = id.replace("/orders@", "/default@");
    expect(await failure(issuer.revoke(foreign, never))).toMatchObject({ reason: "LoginNotConfigured" });
    expect(await issuer.verify(urlOf(world), never)).toMatchObject({ liveness: "alive" });
  });

  it("are dead where user and password are of two of them", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const own = issuer.complete(urlOf(world));
    const other = issuer.complete(urlOf(world, "default"));
    const mixed = { ...own, user: other["user"] ?? Secret.from("") };
    const parts = Object.fromEntries(Object.entries(mixed).filter(([field]) => field !== "url"));
    expect(await issuer.verify(parts, never)).toMatchObject({ liveness: "dead" });
    expect(await issuer.identify(parts, never)).toBeUndefined();
  });

  it("that Heroku rotated by itself are seen as another login", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const late = await orderOf(issuer);
    await mintWith(world.issuer(NAMED));
    const error = await failure(issuer.mint(late, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
    expect(rotations(world)).toBe(1);
  });

  it("are only those of default on an Essential plan, which the refusal says", async () => {
    await using world = await newWorld();
    world.vendor.makeDatabase(DATABASE, { plan: "essential-0" });
    const error = await failure(world.issuer(NAMED).list(never));
    expect(error).toMatchObject({ name: "Terminal", reason: "TargetGone", facts: { status: 404 } });
    expect(String(error)).toContain("Essential plans have no credential but default");
    const list = await world.issuer({ postgres: { addon: DATABASE, acceptsReset: true } }).list(never);
    expect(list).toHaveLength(1);
    const headers = { authorization: `Basic ${Buffer.from(`:${world.token}`).toString("base64")}` };
    const url = `${world.vendor.dataUrl}/postgres/v0/databases/${DATABASE}/credentials`;
    expect((await fetch(url, { method: "POST", headers, body: '{"name":"x"}' })).status).toBe(422);
  });

  it("are shown to the account's token only, as the password of nobody", async () => {
    await using world = await newDatabase();
    const dead = await failure(world.issuer(NAMED, { token: "HRKU-dead" }).list(never));
    expect(dead).toMatchObject({ name: "Terminal", reason: "AccountUnauthorized" });
    const narrow = world.vendor.authorize({ scope: ["read"] });
    const refused = await failure(world.issuer(NAMED, { token: narrow.token }).list(never));
    expect(refused).toMatchObject({ name: "Terminal", reason: "AccountForbidden" });
    world.vendor.hold("two_factor");
    expect(await failure(world.issuer(NAMED).list(never))).toMatchObject({ reason: "TwoFactorAsked" });
    expect(world.vendor.seen).toEqual([]);
  });

  it("are not asked for by an account that is declared for other uses", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED, { config: { uses: ["config-vars"] } });
    expect(await failure(issuer.list(never))).toMatchObject({ reason: "UseNotDeclared" });
    expect(world.vendor.dataSeen).toEqual([]);
  });

  it("are nothing where the answer is none of Heroku's", async () => {
    await using world = await newDatabase();
    const broken = { host: "h", database: "d", port: 5432, credentials: [{ user: "u", password: "cnry-pw" }] };
    for (const body of ["<html>", {}, broken]) {
      world.vendor.setData({ mishap: { kind: "answer", reply: { status: 200, body } } });
      const error = await failure(world.issuer(NAMED).list(never));
      expect(error).toMatchObject({ reason: "AnswerNotUnderstood" });
      expect(everything(error)).not.toContain("cnry-pw");
    }
  });

  it("leave no password in ids, lists, targets and Heroku's log", async () => {
    await using world = await newDatabase();
    const issuer = world.issuer(NAMED);
    const before = world.vendor.logins(DATABASE, "orders").map(({ password }) => password);
    const minted = await mintWith(issuer);
    await issuer.verify(minted.value, never);
    const passwords = [...before, ...world.vendor.logins(DATABASE, "orders").map(({ password }) => password)];
    const shown = `${everything(await issuer.list(never))}${everything(minted)}${world.vendor.log.join("\n")}`;
    for (const password of passwords) expect(shown).not.toContain(password);
    expect(passwords).toHaveLength(3);
  });
});

describe("the emulated Heroku", () => {
  it("was asked and answered as the official description says", () => {
    expect(opened.length).toBeGreaterThan(20);
    expect(opened.flatMap(({ strays }) => strays)).toEqual([]);
  });
});
