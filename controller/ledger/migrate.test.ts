import { createHash } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asSuperuser,
  type FreshDatabase,
  type FreshLedger,
  freshDatabase,
  freshLedger,
  testServer,
} from "../../test/support/postgres.ts";
import { appendInstallAudit } from "./audit.ts";
import { migrate, type Migration, ownMigrations, pendingMigrations, refuseUnfit } from "./migrate.ts";

const roles = { appRole: "velvet_app", auditorRoles: ["velvet_auditor"] };
const open: FreshDatabase[] = [];
afterAll(async () => {
  for (const database of open) await database.drop();
});

/** An empty database that velvet_owner owns, and its URL as that role. */
async function emptyLedger(): Promise<FreshDatabase & { migrationUrl: string }> {
  const database = await freshDatabase();
  open.push(database);
  await asSuperuser(`alter database ${database.name} owner to velvet_owner`);
  return { ...database, migrationUrl: as("velvet_owner", database.name) };
}

function as(role: "velvet_owner" | "velvet_app", database: string): string {
  const { host, port, passwords } = testServer();
  return `postgres://${role}:${passwords[role]}@${host}:${port}/${database}`;
}

function migration(version: number, sql: string): Migration {
  const name = `${String(version).padStart(4, "0")}_more`;
  return { version, name, sql, hash: createHash("sha256").update(sql).digest() };
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("migrating", () => {
  it("brings an empty database to this Velvet's schema, and then has nothing to do", async () => {
    const { migrationUrl } = await emptyLedger();
    const names = ownMigrations().map(({ name }) => name);
    expect(await migrate({ migrationUrl, ...roles })).toEqual({
      applied: names,
      version: names.length,
      auditProtection: "role",
    });
    expect(await migrate({ migrationUrl, ...roles })).toMatchObject({ applied: [], version: names.length });
  });

  it("applies each migration once when eight replicas start at once", async () => {
    const { migrationUrl, url } = await emptyLedger();
    const migrations = [...ownMigrations(), migration(ownMigrations().length + 1, "create table velvet.more ()")];
    const reports = await Promise.all(
      Array.from({ length: 8 }, async () => migrate({ migrationUrl, ...roles, migrations })),
    );
    expect(reports.flatMap(({ applied }) => applied).toSorted()).toEqual(migrations.map(({ name }) => name));
    expect(await query(url, "select count(*)::int as n from velvet.migration")).toEqual([{ n: migrations.length }]);
  });

  it("upgrades a ledger that has some of the migrations", async () => {
    const { migrationUrl, url } = await emptyLedger();
    await migrate({ migrationUrl, ...roles });
    const next = migration(ownMigrations().length + 1, "create table velvet.more (n integer)");
    const report = await migrate({ migrationUrl, ...roles, migrations: [...ownMigrations(), next] });
    expect(report.applied).toEqual([next.name]);
    await query(as("velvet_app", new URL(url).pathname.slice(1)), "insert into velvet.more values (1)");
  });

  it("leaves nothing of a migration that fails", async () => {
    const { migrationUrl, url } = await emptyLedger();
    const count = ownMigrations().length;
    const broken = migration(count + 1, "create table velvet.more (); select 1 / 0");
    const migrations = [...ownMigrations(), broken];
    await expect(migrate({ migrationUrl, ...roles, migrations })).rejects.toThrow("division by zero");
    expect(await query(url, "select max(version) as n, to_regclass('velvet.more') as t from velvet.migration")).toEqual(
      [{ n: count, t: null }],
    );
  });

  it("refuses a ledger that a newer Velvet has migrated", async () => {
    const { migrationUrl } = await emptyLedger();
    const newer = migration(ownMigrations().length + 1, "create table velvet.more ()");
    await migrate({ migrationUrl, ...roles, migrations: [...ownMigrations(), newer] });
    await expect(migrate({ migrationUrl, ...roles })).rejects.toMatchObject({ reason: "LedgerNewer" });
  });

  it("refuses a ledger whose migration is not the one it brings", async () => {
    const { migrationUrl, url } = await emptyLedger();
    await migrate({ migrationUrl, ...roles });
    await query(url, String.raw`update velvet.migration set hash = '\x00' where version = 1`);
    await expect(migrate({ migrationUrl, ...roles })).rejects.toMatchObject({ reason: "LedgerChanged" });
  });

  it("refuses a role that may not create a schema, and says what to do", async () => {
    const { name } = await emptyLedger();
    const migrationUrl = as("velvet_app", name);
    await expect(migrate({ migrationUrl, ...roles })).rejects.toMatchObject({
      reason: "LedgerForbidden",
      remedy: expect.stringContaining("VELVET_MIGRATION_DATABASE_URL"),
    });
  });

  it("lets a role without rights start on a ledger that is migrated already", async () => {
    const { migrationUrl, name } = await emptyLedger();
    await migrate({ migrationUrl, ...roles });
    const report = await migrate({ migrationUrl: as("velvet_app", name), ...roles });
    expect(report).toMatchObject({ applied: [], auditProtection: "role" });
  });

  it("refuses a server that takes no writes", async () => {
    const { migrationUrl, name } = await emptyLedger();
    await asSuperuser(`alter database ${name} set default_transaction_read_only = on`);
    await expect(migrate({ migrationUrl, ...roles })).rejects.toMatchObject({ reason: "LedgerReadOnly" });
  });

  it("refuses Postgres 13 and takes 14", () => {
    expect(() => refuseUnfit({ version: 130_022, readonly: false })).toThrow("Postgres 13");
    expect(() => refuseUnfit({ version: 140_000, readonly: false })).not.toThrow();
  });

  it("names a server that does not answer, and a refused login, without the URL's password", async () => {
    const { host, port } = testServer();
    const nobody = migrate({ migrationUrl: `postgres://velvet_app:pw@${host}:1/velvet`, ...roles });
    await expect(nobody).rejects.toMatchObject({
      reason: "LedgerUnreachable",
      message: expect.not.stringContaining("pw"),
    });
    const wrong = migrate({ migrationUrl: `postgres://velvet_app:wrong@${host}:${port}/velvet`, ...roles });
    await expect(wrong).rejects.toMatchObject({
      reason: "LedgerUnreachable",
      message: expect.stringContaining("28P01"),
    });
  });

  it("tells which migrations are pending without changing anything", async () => {
    const { migrationUrl, url } = await emptyLedger();
    const client = new Client({ connectionString: migrationUrl });
    await client.connect();
    const pending = await pendingMigrations(client, ownMigrations());
    await client.end();
    expect(pending).toHaveLength(ownMigrations().length);
    expect(await query(url, "select to_regnamespace('velvet') as schema")).toEqual([{ schema: null }]);
  });
});

describe("the audit table's protection", () => {
  let ledger: FreshLedger;
  beforeAll(async () => {
    ledger = await freshLedger();
    await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Tested" }]));
  });
  afterAll(async () => ledger.drop());

  const attacks = [
    "update velvet.audit set seq = 7",
    "delete from velvet.audit",
    "truncate velvet.audit",
    "drop trigger audit_rows_stay on velvet.audit",
    "alter table velvet.audit disable trigger all",
    "drop table velvet.audit",
    "create or replace function velvet.refuse_audit_change() returns trigger language plpgsql as 'begin return new; end'",
    "set session_replication_role = replica",
    "update velvet.migration set version = 9",
  ];
  it.each(attacks)("refuses the controller's role: %s", async (attack) => {
    await expect(query(ledger.appUrl, attack)).rejects.toMatchObject({ code: "42501" });
  });

  it.each(attacks.slice(0, 3))("refuses even the owner by trigger: %s", async (attack) => {
    await expect(query(ledger.ownerUrl, attack)).rejects.toMatchObject({ code: "42501" });
  });

  it("lets the auditor read chains and heads, and nothing that is sealed", async () => {
    expect(await query(ledger.auditorUrl, "select seq from velvet.audit")).toEqual([{ seq: "1" }]);
    expect(await query(ledger.auditorUrl, "select id, chain_seq, chain_hash from velvet.rotation")).toEqual([]);
    for (const read of ["select sealed_previous from velvet.rotation", "select sealed from velvet.attempt"]) {
      await expect(query(ledger.auditorUrl, read)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(query(ledger.auditorUrl, "insert into velvet.audit values ('x', 1, '', '')")).rejects.toMatchObject({
      code: "42501",
    });
  });

  it("is the trigger alone where one role does all, and says so", async () => {
    const { migrationUrl } = await emptyLedger();
    const report = await migrate({ migrationUrl, appRole: "velvet_owner" });
    expect(report.auditProtection).toBe("trigger");
    await query(migrationUrl, String.raw`insert into velvet.audit values ('x', 1, '', sha256(''))`);
    for (const attack of attacks.slice(0, 3)) {
      await expect(query(migrationUrl, attack)).rejects.toMatchObject({ code: "42501" });
    }
    const next = migration(ownMigrations().length + 1, "create table velvet.more ()");
    const later = await migrate({ migrationUrl, appRole: "velvet_owner", migrations: [...ownMigrations(), next] });
    expect(later.applied).toEqual([next.name]);
  });
});
