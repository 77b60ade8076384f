import { describe, expect, it } from "vitest";
import { testServer } from "../../test/support/postgres.ts";
import type { Issuer, Minted, MintOrder } from "../contract.ts";
import { never, newMarker, order } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { Terminal, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { arrange, type BenchOptions, issuerAt, type PgBench } from "./fake.ts";
import { postgres } from "./postgres.ts";

const bench = async (options: Partial<BenchOptions> = {}): Promise<PgBench> =>
  arrange({ superuserUrl: testServer().superuserUrl, ...options });

async function mint(issuer: Issuer, current: SecretFields): Promise<Minted> {
  return issuer.mint(await order(issuer, current), never);
}

const textOf = (value: SecretFields, name: string): string => value[name]?.reveal() ?? "";

describe("alternating roles", () => {
  it("take turns, act as the owner, and can change what the other one made", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await pg.superuser(`grant create on schema public to ${pg.role}`);
    await (await pg.session(pg.adopted)).query("create table made_by_a (id int)");

    const second = await mint(issuer, pg.adopted);
    expect(textOf(second.value, "user")).toBe(pg.alternate);
    const asB = await pg.session(second.value);
    expect((await asB.query("select current_user, session_user")).rows).toEqual([
      { current_user: pg.role, session_user: pg.alternate },
    ]);
    await asB.query("alter table made_by_a add column b int; create table made_by_b (id int)");

    await issuer.revoke(`${pg.role}@0`, never);
    await issuer.destroy(`${pg.role}@0`, never);
    const third = await mint(issuer, second.value);
    expect(textOf(third.value, "user")).toBe(pg.role);
    await issuer.revoke(second.id, never);
    await (await pg.session(third.value)).query("drop table made_by_b");
    expect(await issuer.verify(second.value, never)).toMatchObject({ liveness: "dead", reason: "LoginDisabled" });
  });

  it("share an owner that is neither of them, where the block names one", async () => {
    await using pg = await bench();
    const owner = `${pg.role}_owner`;
    await pg.superuser(`create role ${owner} nologin; grant ${owner} to ${pg.role}; alter role ${pg.role} set role = ${owner};
      grant ${owner} to ${pg.admin} with admin option`);
    const issuer = pg.issuer({ owner });
    const { value } = await mint(issuer, pg.adopted);
    expect((await (await pg.session(value)).query("select current_user")).rows).toEqual([{ current_user: owner }]);
    expect(await issuer.verify(pg.adopted, never)).toMatchObject({ liveness: "alive" });
  });

  it("have equal limits and settings after each mint, and keep what people wrote in the comment", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await pg.superuser(`alter role ${pg.role} connection limit 7;
      alter role ${pg.role} set search_path = "$user", "We,ird ""x""", public;
      alter role ${pg.role} set statement_timeout = '3s';
      alter role ${pg.role} in database ${pg.database} set application_name = 'it''s';
      create role ${pg.alternate} nologin in role ${pg.role}; grant ${pg.alternate} to ${pg.admin} with admin option;
      alter role ${pg.alternate} set lock_timeout = '9s';
      comment on role ${pg.alternate} is 'Ask the orders team.\nReally.'`);
    const { value, id } = await mint(issuer, pg.adopted);
    const settings = `select setdatabase::int as db, setconfig from pg_db_role_setting where setrole = '%'::regrole order by 1`;
    const of = async (role: string): Promise<unknown> => pg.superuser(settings.replace("%", role));
    const actsAs = `role=${pg.role}`;
    const cleaned = (await of(pg.alternate)) as { setconfig: string[] }[];
    expect(cleaned.map((row) => ({ ...row, setconfig: row.setconfig.filter((each) => each !== actsAs) }))).toEqual(
      await of(pg.role),
    );
    expect(cleaned.flatMap((row) => row.setconfig)).toContain(actsAs);
    expect((await (await pg.session(value)).query("show search_path")).rows).toEqual([
      { search_path: `"$user", "We,ird ""x""", public` },
    ]);
    const facts = `select rolconnlimit, shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = '${pg.alternate}'`;
    const [row] = await pg.superuser<{ rolconnlimit: number; comment: string }>(facts);
    expect(row?.rolconnlimit).toBe(7);
    expect(row?.comment).toMatch(/^Ask the orders team\.\nReally\.\nvelvet\/test\//);
    await issuer.destroy(id, never);
    expect((await pg.superuser<{ comment: string }>(facts))[0]?.comment).toMatch(/^Ask .*\nReally\.\n.* destroyed$/);
  });

  it("are not minted where a setting cannot be made equal, and the setting is named without its value", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await pg.superuser(`alter role ${pg.role} set app.tenant = 'top secret'`);
    const error = await failure(mint(issuer, pg.adopted));
    expect(error).toMatchObject({ name: "Terminal", reason: "SettingNotCopied" });
    expect((error as Terminal).remedy).toContain(`GRANT SET ON PARAMETER "app.tenant" TO "${pg.admin}"`);
    expect(everything(error)).not.toContain("top secret");
    expect(await issuer.list(never)).toHaveLength(1);
    await pg.superuser(`grant set on parameter "app.tenant" to ${pg.admin}`);
    const { value } = await mint(issuer, pg.adopted);
    const session = await pg.session(value);
    expect((await session.query("show app.tenant")).rows).toEqual([{ "app.tenant": "top secret" }]);
  });

  it("are not minted into while the idle one may log in", async () => {
    await using pg = await bench();
    await pg.superuser(`create role ${pg.alternate} login in role ${pg.role};
      grant ${pg.alternate} to ${pg.admin} with admin option`);
    const issuer = pg.issuer();
    const inventory = await issuer.list(never);
    const propose = (): unknown => issuer.propose?.({ inventory, current: pg.adopted, random: (n) => Buffer.alloc(n) });
    expect(propose).toThrow(Terminal);
    expect(propose).toThrow(`${pg.alternate}@0`);
    // Somebody enabled it between the proposal and the mint.
    const proposed = issuer.complete({ user: Secret.from(pg.alternate), password: Secret.from("x".repeat(43)) });
    const error = await failure(issuer.mint({ marker: newMarker(), inventory, proposed }, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "SlotBusy" });
  });

  it("are told apart from every time that they were empty before", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const late: MintOrder = await order(issuer, pg.adopted);
    const first = await mint(issuer, pg.adopted);
    await issuer.destroy(first.id, never);
    const empty = await issuer.list(never);
    expect(empty.find((key) => key.id.startsWith(pg.alternate))).toEqual({
      id: first.id.replace("@", "@free."),
      enabled: false,
    });
    expect(await failure(issuer.mint(late, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
    const next = await order(issuer, pg.adopted);
    const second = await mint(issuer, pg.adopted);
    await issuer.destroy(second.id, never);
    expect(await failure(issuer.mint(next, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
  });

  it("do not bring a revoked password back, not even with an inventory read after the revoke", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const decided = await order(issuer, pg.adopted);
    const { id, value } = await issuer.mint(decided, never);
    await issuer.revoke(id, never);
    const again = { ...decided, inventory: await issuer.list(never) };
    expect(await failure(issuer.mint(again, never))).toMatchObject({ name: "Terminal", reason: "SlotChanged" });
    expect(await issuer.verify(value, never)).toMatchObject({ liveness: "dead" });
  });

  it("let exactly one of two mints through, even from two databases of the cluster", async () => {
    await using pg = await bench();
    const elsewhere = issuerAt(pg.connect({ endpoint: pg.endpoint("postgres") }), { role: pg.role });
    const issuer = pg.issuer();
    // The role exists, so that both alter it: creating it twice is refused by its name alone.
    await issuer.destroy((await mint(issuer, pg.adopted)).id, never);
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await order(issuer, pg.adopted), await order(elsewhere, pg.adopted)];
      const outcomes = await Promise.allSettled([issuer.mint(a, never), elsewhere.mint(b, never)]);
      const minted = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      const refused = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
      expect(minted).toHaveLength(1);
      expect(refused).toMatchObject([{ reason: expect.stringMatching(/^Slot(Changed|Locked)$/) }]);
      expect(await issuer.verify(minted[0]?.value ?? {}, never)).toMatchObject({ liveness: "alive" });
      await issuer.destroy(minted[0]?.id ?? "", never);
    }
  });
});

describe("what a tenant's block may not reach", () => {
  it("is a role or an owner that the Credential's role has nothing to do with", async () => {
    await using pg = await bench();
    const [stranger, rich] = [`${pg.role}_stranger`, `${pg.role}_rich`];
    await pg.superuser(`create role ${stranger}; create role ${rich};
      grant ${stranger}, ${rich} to ${pg.admin} with admin option`);
    const taking = await failure(mint(pg.issuer({ alternate: stranger }), pg.adopted));
    expect(taking).toMatchObject({ name: "Terminal", reason: "RoleNotRelated" });
    const climbing = await failure(mint(pg.issuer({ owner: rich }), pg.adopted));
    expect(climbing).toMatchObject({ name: "Terminal", reason: "RoleNotRelated" });
    const [row] = await pg.superuser(`select rolcanlogin from pg_roles where rolname = '${stranger}'`);
    expect(row).toEqual({ rolcanlogin: false });
  });

  it("is Velvet's own role, one role twice, or a name that Postgres would cut off", async () => {
    await using pg = await bench();
    const reasonOf = async (issuer: Issuer): Promise<unknown> => failure(issuer.list(never));
    expect(await reasonOf(pg.issuer({ alternate: pg.admin }))).toMatchObject({ reason: "BootstrapCircularity" });
    expect(await reasonOf(pg.issuer({ alternate: pg.role }))).toMatchObject({ reason: "RolesNotApart" });
    expect(await reasonOf(pg.issuer({ role: "r".repeat(62) }))).toMatchObject({ reason: "RoleNameTooLong" });
  });

  it("is a superuser, or a role that does not exist", async () => {
    await using pg = await bench();
    await pg.superuser(`create role ${pg.role}_missing_b; alter role ${pg.role} replication`);
    expect(await failure(mint(pg.issuer(), pg.adopted))).toMatchObject({ reason: "RoleNotSupported" });
    const missing = pg.issuer({ role: `${pg.role}_missing` });
    const user = { user: Secret.from(`${pg.role}_missing`) };
    expect(await failure(mint(missing, user))).toMatchObject({ name: "Terminal", reason: "MissingPrivilege" });
    await pg.superuser(`drop role ${pg.role}_missing_b`);
    expect(await failure(mint(missing, user))).toMatchObject({ name: "Terminal", reason: "RoleMissing" });
  });

  it("names all roles as targets, with their defaults", () => {
    expect(postgres.targets("issuer", { role: "orders" })).toEqual({
      role: "orders",
      alternate: "orders_b",
      owner: "orders",
    });
    expect(postgres.targets("issuer", { role: "a", alternate: "b", owner: "o", database: "d" })).toEqual({
      role: "a",
      alternate: "b",
      owner: "o",
      database: "d",
    });
  });
});

describe("a proposal", () => {
  it("keeps the place, scheme and parameters of the value in use", async () => {
    await using pg = await bench();
    const current = { url: Secret.from(`postgresql://${pg.role}:old@pooler:6432/shop?sslmode=require`) };
    const { proposed } = await order(pg.issuer(), current);
    const word = textOf(proposed ?? {}, "password");
    expect(word).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(textOf(proposed ?? {}, "url")).toBe(`postgresql://${pg.alternate}:${word}@pooler:6432/shop?sslmode=require`);
    const moved = await order(pg.issuer({ database: "other" }), current);
    expect(textOf(moved.proposed ?? {}, "url")).toContain("@pooler:6432/other?sslmode=require");
  });

  it("takes the first free role where nothing is in use yet", async () => {
    await using pg = await bench();
    await pg.superuser(`alter role ${pg.role} nologin`);
    const issuer = pg.issuer();
    const { proposed } = await order(issuer);
    expect(textOf(proposed ?? {}, "user")).toBe(pg.role);
    expect(textOf(proposed ?? {}, "url")).toContain(pg.endpoint().slice("postgres://".length));
  });

  it("is not minted without a password of Velvet's form, or for another role", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const { proposed = {}, ...rest } = await order(issuer, pg.adopted);
    const short = { ...rest, proposed: { ...proposed, password: Secret.from("short") } };
    expect(await failure(issuer.mint(short, never))).toMatchObject({ reason: "ProposalInvalid" });
    expect(await failure(issuer.mint(rest, never))).toMatchObject({ reason: "ProposalInvalid" });
    const other = { ...rest, proposed: { ...proposed, user: Secret.from("postgres") } };
    expect(await failure(issuer.mint(other, never))).toMatchObject({ reason: "SlotChanged" });
  });
});

describe("rights", () => {
  it("are enough as the README lists them", async () => {
    await using pg = await bench();
    expect(await pg.connection.probe(never)).toMatchObject({ ready: true, reason: "LoginAccepted" });
  });

  it.each([
    ["createrole", "CREATEROLE;"],
    ["admin option", "WITH ADMIN OPTION;"],
    ["pg_signal_backend", "GRANT pg_signal_backend TO"],
  ] as const)("without %s are said to be missing, with the statement that grants it", async (without, statement) => {
    await using pg = await bench({ without });
    const health = await pg.connection.probe(never);
    expect(health).toMatchObject({ ready: false, reason: "MissingPrivilege" });
    expect(health.message).toContain(statement);
  });

  it("that lack ADMIN OPTION on this role stop the mint before anything is changed", async () => {
    await using pg = await bench({ without: "admin option" });
    const error = await failure(mint(pg.issuer(), pg.adopted));
    expect(error).toMatchObject({ name: "Terminal", reason: "MissingPrivilege" });
    expect((error as Terminal).remedy).toContain(`GRANT "${pg.role}" TO "${pg.admin}" WITH ADMIN OPTION`);
    expect(await pg.superuser(`select 1 from pg_roles where rolname = '${pg.alternate}'`)).toEqual([]);
  });

  it("say when the account's password is wrong, its server away, or its endpoint no endpoint", async () => {
    await using pg = await bench();
    const wrong = pg.connect({ config: { user: `${pg.admin}_unknown` } });
    expect(await wrong.probe(never)).toMatchObject({ ready: false, reason: "AdminLoginRefused" });
    expect(await failure(issuerAt(wrong, { role: pg.role }).list(never))).toBeInstanceOf(Terminal);
    const away = pg.connect({ endpoint: "postgres://127.0.0.1:1/orders" });
    expect(await away.probe(never)).toMatchObject({ ready: false, reason: "ServerUnavailable" });
    expect(await failure(issuerAt(away, { role: pg.role }).list(never))).toBeInstanceOf(Transient);
    const bad = pg.connect({ endpoint: "postgres://user:word@h/d" });
    expect(await bad.probe(never)).toMatchObject({ ready: false, reason: "EndpointInvalid" });
  });
});
