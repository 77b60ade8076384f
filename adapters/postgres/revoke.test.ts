import { describe, expect, it } from "vitest";
import { testServer } from "../../test/support/postgres.ts";
import type { Verdict } from "../contract.ts";
import { never, order } from "../conformance/issuer-bench.ts";
import { failure } from "../conformance/wire.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { arrange, type BenchOptions, clock, type PgBench } from "./fake.ts";
import { endSessions } from "./sessions.ts";

const bench = async (options: Partial<BenchOptions> = {}): Promise<PgBench> =>
  arrange({ superuserUrl: testServer().superuserUrl, ...options });

describe("a revoke", () => {
  it("ends the sessions of this role, and of no other", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const { value } = await issuer.mint(await order(issuer, pg.adopted), never);
    const [old, other] = [await pg.session(pg.adopted), await pg.session(value)];
    expect(await issuer.usage?.(`${pg.role}@0`, never)).toMatchObject({ active: 1, lastUsedAt: expect.any(String) });
    const ended = new Promise<void>((done) => old.once("end", () => done()));
    expect(await issuer.revoke(`${pg.role}@0`, never)).toEqual([]);
    await ended;
    expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await issuer.usage?.(`${pg.role}@0`, never)).toEqual({ active: 0 });
  });

  it("disables the login and names the sessions that it may not end", async () => {
    await using pg = await bench({ without: "pg_signal_backend" });
    const issuer = pg.issuer();
    const open = await pg.session(pg.adopted);
    const residual = await issuer.revoke(`${pg.role}@0`, never);
    expect(residual).toMatchObject([{ kind: "OpenSession", message: expect.stringContaining("1 sessions") }]);
    expect(residual[0]?.remedy).toContain(`GRANT pg_signal_backend TO "${pg.admin}"`);
    expect((await open.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await issuer.verify(pg.adopted, never)).toMatchObject({ liveness: "dead", reason: "LoginDisabled" });
  });

  it("does not touch the sessions or the usage of the generation after", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const first = await issuer.mint(await order(issuer, pg.adopted), never);
    await issuer.destroy(first.id, never);
    const second = await issuer.mint(await order(issuer, pg.adopted), never);
    const session = await pg.session(second.value);
    expect(await issuer.revoke(first.id, never)).toEqual([]);
    expect(await issuer.usage?.(first.id, never)).toEqual({ active: 0 });
    expect(await issuer.usage?.(second.id, never)).toMatchObject({ active: 1 });
    expect((await session.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("ends no session of a role that was restored, or minted into, while it was at work", async () => {
    await using pg = await bench();
    await using admin = pg.adminSession();
    const session = await pg.session(pg.adopted);
    const restored = { role: pg.role, generation: "0" };
    expect(await endSessions({ admin, clock }, restored, never)).toEqual([]);
    await pg.superuser(`alter role ${pg.role} nologin`);
    expect(await endSessions({ admin, clock }, { role: pg.role, generation: "older" }, never)).toEqual([]);
    expect((await session.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("never touches a role that is not this Credential's", async () => {
    await using pg = await bench();
    const issuer = pg.issuer({ role: `${pg.role}_other` });
    const id = `${pg.role}@0`;
    const calls = [
      async (): Promise<unknown> => issuer.revoke(id, never),
      async (): Promise<unknown> => issuer.destroy(id, never),
      async (): Promise<unknown> => issuer.restore?.(id, never),
    ];
    for (const call of calls) {
      const error = await failure(call());
      expect(error).toMatchObject({ name: "Terminal", reason: "RoleNotConfigured" });
    }
    expect(await pg.issuer().verify(pg.adopted, never)).toMatchObject({ liveness: "alive" });
  });

  it("is not undone for what was destroyed", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await issuer.destroy(`${pg.role}@0`, never);
    const error = await failure(issuer.restore?.(`${pg.role}@0`, never) ?? Promise.resolve());
    expect(error).toMatchObject({ name: "Terminal", reason: "RetiredIdGone" });
    expect(await pg.superuser(`select rolpassword from pg_authid where rolname = '${pg.role}'`)).toEqual([
      { rolpassword: null },
    ]);
  });
});

describe("a verdict", () => {
  const verdict = async (pg: PgBench, value: SecretFields = pg.adopted, database?: string): Promise<Verdict> =>
    pg.issuer(database === undefined ? {} : { database }).verify(value, never);

  it.each([
    ["nologin", "dead", "LoginDisabled"],
    ["password null", "dead", "PasswordRejected"],
    ["valid until 'yesterday'", "dead", "PasswordRejected"],
    ["connection limit 0", "inconclusive", "TooManyConnections"],
  ])("on a role that is altered with %s is %s", async (option, liveness, reason) => {
    await using pg = await bench();
    await pg.superuser(`alter role ${pg.role} ${option}`);
    expect(await verdict(pg)).toMatchObject({ liveness, reason });
  });

  it("is restricted where only the database refuses", async () => {
    await using pg = await bench();
    expect(await verdict(pg, pg.adopted, `${pg.database}_missing`)).toMatchObject({
      liveness: "restricted",
      reason: "DatabaseMissing",
    });
    await pg.superuser(`revoke connect on database ${pg.database} from public`);
    expect(await verdict(pg)).toMatchObject({ liveness: "restricted", reason: "ConnectPrivilegeMissing" });
  });

  it("is restricted where the second role acts as itself", async () => {
    await using pg = await bench();
    await pg.superuser(`create role ${pg.alternate} login password 'made-by-hand' in role ${pg.role}`);
    const value = { user: Secret.from(pg.alternate), password: Secret.from("made-by-hand") };
    expect(await verdict(pg, value)).toMatchObject({ liveness: "restricted", reason: "ActsAsItself" });
  });

  it("is dead for a role that does not exist, and for a person to see where the value is none", async () => {
    await using pg = await bench();
    const unknown = { user: Secret.from("nobody_at_all"), password: Secret.from("x") };
    expect(await verdict(pg, unknown)).toMatchObject({ liveness: "dead", reason: "PasswordRejected" });
    expect(await verdict(pg, { url: Secret.from("not a url") })).toMatchObject({ liveness: "needs-human" });
  });

  it("is inconclusive where nobody listens", async () => {
    await using pg = await bench();
    const away = pg.connect({ endpoint: "postgres://127.0.0.1:1/orders" }).issuer?.({ role: pg.role });
    expect(await away?.verify(pg.adopted, never)).toMatchObject({
      liveness: "inconclusive",
      reason: "ServerUnavailable",
    });
  });
});

describe("an identity", () => {
  it("is never the one in use for an older password of the same role", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const first = await issuer.mint(await order(issuer, pg.adopted), never);
    await issuer.destroy(first.id, never);
    const second = await issuer.mint(await order(issuer, pg.adopted), never);
    expect(await issuer.identify(first.value, never)).toBeUndefined();
    expect(await issuer.identify(second.value, never)).toBe(second.id);
  });

  it("is found for a disabled role, because the password is looked at first", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await pg.superuser(`alter role ${pg.role} nologin`);
    expect(await issuer.identify(pg.adopted, never)).toBe(`${pg.role}@0`);
    expect(await issuer.identify(issuer.mutate(pg.adopted), never)).toBeUndefined();
  });

  it("is refused for a role that is not configured, without showing whose", async () => {
    await using pg = await bench();
    const issuer = pg.issuer({ role: `${pg.role}_other` });
    const error = await failure(issuer.identify(pg.adopted, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "RoleNotConfigured" });
  });

  it("is asked for again where the server does not say", async () => {
    await using pg = await bench();
    await pg.superuser(`alter role ${pg.role} connection limit 0`);
    expect(await failure(pg.issuer().identify(pg.adopted, never))).toMatchObject({ name: "Transient" });
  });
});
