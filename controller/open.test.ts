import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { asSuperuser, freshDatabase, freshLedger, testServer } from "../test/support/postgres.ts";
import { readConfig } from "./config.ts";
import { readKek } from "./kek.ts";
import { ledgerOf, openPool, statement } from "./ledger/db.ts";
import { ownMigrations } from "./ledger/migrate.ts";
import { openLedger } from "./open.ts";

const key = Buffer.alloc(32, 1).toString("base64");
const machine = { root: process.getuid?.() === 0, home: tmpdir() };
const SERVER = statement("server");
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "velvet-open-"));
  await chmod(path, 0o711);
  cleanups.push(async () => rm(path, { recursive: true, force: true }));
  return path;
}

function quiet(line: string): void {
  expect(line).not.toMatch(/:\/\//);
}

describe("opening the ledger", () => {
  it("starts, migrates and stops an embedded one where nothing is configured", async () => {
    const config = readConfig({ VELVET_DATA_DIR: await folder() }, machine);
    const ledger = await openLedger(config, { log: quiet });
    expect(ledger).toMatchObject({
      embedded: true,
      auditProtection: "role",
      migrated: ownMigrations().map(({ name }) => name),
    });
    expect(await ledger.db.query(SERVER)).toHaveLength(1);
    const url = ledger.appUrl.reveal();
    await ledger.stop();
    const pool = openPool({ connectionString: url, max: 1, applicationName: "test" }, () => undefined);
    await expect(ledgerOf(pool).query(SERVER)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await pool.end();
  });

  it("shares an embedded one with a second Velvet, and keeps it until both have left", async () => {
    const config = readConfig({ VELVET_DATA_DIR: await folder() }, machine);
    const [first, second] = await Promise.all([openLedger(config, { log: quiet }), openLedger(config, { log: quiet })]);
    await first.stop();
    expect(await second.db.query(SERVER)).toHaveLength(1);
    await second.stop();
  });

  it("uses DATABASE_URL, with a role of its own for migrations", async () => {
    const database = await freshDatabase();
    cleanups.push(async () => database.drop());
    await asSuperuser(`alter database ${database.name} owner to velvet_owner`);
    const { port, passwords } = testServer();
    const urlOf = (role: keyof typeof passwords) =>
      `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database.name}`;
    const config = readConfig(
      {
        DATABASE_URL: urlOf("velvet_app"),
        VELVET_MIGRATION_DATABASE_URL: urlOf("velvet_owner"),
        VELVET_AUDIT_DATABASE_URL: urlOf("velvet_auditor"),
        VELVET_KEK: key,
      },
      machine,
    );
    await expect(openLedger(config, { log: quiet, schema: "require" })).rejects.toMatchObject({
      reason: "LedgerNotMigrated",
    });
    const ledger = await openLedger(config, { log: quiet });
    cleanups.push(async () => ledger.stop());
    expect(ledger).toMatchObject({ embedded: false, auditProtection: "role" });
    const reader = await openLedger(config, { log: quiet, schema: "require" });
    cleanups.push(async () => reader.stop());
    expect(reader.migrated).toEqual([]);
  });

  it("says so where one role does all", async () => {
    const ledger = await freshLedger();
    cleanups.push(async () => ledger.drop());
    const config = readConfig({ DATABASE_URL: ledger.ownerUrl, VELVET_KEK: key }, machine);
    const opened = await openLedger(config, { log: quiet });
    expect(opened.auditProtection).toBe("trigger");
    await opened.stop();
  });
});

describe("the key-encryption key", () => {
  it("is made once beside the embedded ledger, for its owner only, and stays", async () => {
    const config = readConfig({ VELVET_DATA_DIR: await folder() }, machine);
    const [one, two] = await Promise.all([readKek(config, randomBytes), readKek(config, randomBytes)]);
    expect(one.equals(two)).toBe(true);
    expect((await readKek(config, randomBytes)).equals(one)).toBe(true);
    const path = join(config.dataDir, "kek");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, "utf8")).trim()).toBe(one.reveal());
  });

  it("is read from a file, and a broken file is named", async () => {
    const path = join(await folder(), "kek");
    const config = readConfig({ VELVET_KEK_FILE: path }, machine);
    await expect(readKek(config, randomBytes)).rejects.toMatchObject({ reason: "KekUnreadable" });
    await writeFile(path, "not a key");
    await expect(readKek(config, randomBytes)).rejects.toMatchObject({ reason: "KekMalformed" });
    await writeFile(path, `${key}\n`);
    expect((await readKek(config, randomBytes)).reveal()).toBe(key);
  });
});
