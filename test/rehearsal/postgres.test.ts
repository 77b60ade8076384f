/** A rehearsal with a real PostgreSQL as its vendor: the second role takes a throwaway password, and has none again afterwards. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { listRotations } from "../../controller/ledger/views.ts";
import type { DesiredDocument } from "../../controller/sources/look.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { asSuperuser, freshDatabase, freshLedger, testServer } from "../support/postgres.ts";
import { startRealEngine } from "../support/real-engine.ts";

it("ends with both roles as they were: the first logs in, the second has no password and cannot", async () => {
  const [ledger, database, folder] = [
    await freshLedger(),
    await freshDatabase(),
    await mkdtemp(join(tmpdir(), "velvet-")),
  ];
  const [prefix, password] = [`drill_${randomBytes(3).toString("hex")}`, randomBytes(12).toString("hex")];
  const { host, port } = testServer();
  const [role, admin] = [`${prefix}_app`, `${prefix}_admin`];
  await asSuperuser(`create role ${admin} login createrole password '${password}'`);
  await asSuperuser(`grant pg_signal_backend to ${admin}`);
  await asSuperuser(`create role ${role} login password '${password}'`);
  await asSuperuser(`grant ${role} to ${admin} with admin option`);
  const url = `postgres://${role}:${password}@${host}:${port}/${database.name}`;
  await writeFile(join(folder, "app.env"), `DATABASE_URL=${url}\n`, { mode: 0o600 });
  const allow = [{ namespaces: ["orders"] }];
  const documents = [
    document("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow }),
    document("VendorAccount", "server", {
      adapter: "postgres",
      endpoint: `postgres://${host}:${port}/${database.name}`,
      auth: [{ name: "password", env: "ADMIN" }],
      postgres: { user: admin, sslMode: "disable" },
      allow,
    }),
    document("Credential", "orders-db", {
      credentialName: "ORDERS_DB",
      environment: "test",
      issuer: { account: "server", postgres: { role } },
      readFrom: "app",
      consumers: [
        {
          id: "app",
          account: "files",
          file: { path: "app.env", format: "dotenv" },
          keys: [{ field: "url", name: "DATABASE_URL" }],
          check: { type: "native" },
          testSlot: { path: "app.env.rehearsal" },
        },
      ],
    }),
  ];
  const look = { source: "test", kind: "git", trust: "claimed", problems: [] } as const;
  await syncSource(ledger.db, { ...look, cursor: randomUUID(), documents });
  const asked = { credentialRef: { name: "orders-db" }, flow: "Testing", reason: "a drill", requestedBy: "ana" };
  documents.push(document("RotationRequest", "drill", asked));
  await syncSource(ledger.db, { ...look, cursor: randomUUID(), documents });
  const engine = startRealEngine(ledger.db, { secrets: () => Secret.from(password), leaseMs: 10_000 });
  try {
    const view = async () => (await listRotations(ledger.db, { name: "drill" }))[0];
    const patience = { timeout: 40_000, interval: 50 };
    await expect.poll(async () => (await view())?.rotation.endedAt !== undefined, patience).toBe(true);
    const seen = await view();
    if (!seen) throw new Error("there is no rotation");
    const status = summarize(seen);
    expect(status).toMatchObject({ stage: "Done", residual: [] });
    expect(status.rehearsal?.slots).toMatchObject([{ id: "app", outcome: "proven" }]);
    expect(status.rehearsal?.throwaway?.vendorId).toMatch(new RegExp(`^${role}_b@`));
    const roles = await asSuperuser<{ name: string; login: boolean; has: boolean }>(
      `select rolname as name, rolcanlogin as login, rolpassword is not null as has from pg_authid where rolname like '${role}%' order by 1`,
    );
    expect(roles).toEqual([
      { name: role, login: true, has: true },
      { name: `${role}_b`, login: false, has: false },
    ]);
    expect(await readFile(join(folder, "app.env"), "utf8")).toBe(`DATABASE_URL=${url}\n`);
    expect(await readFile(join(folder, "app.env.rehearsal"), "utf8")).not.toContain("DATABASE_URL");
  } finally {
    await engine.stop();
    await Promise.all([ledger.drop(), rm(folder, { recursive: true, force: true })]);
    for (const each of [`${role}_b`, role, admin])
      await asSuperuser(`drop owned by ${each} cascade`, database.name).catch(() => []);
    for (const each of [`${role}_b`, role, admin]) await asSuperuser(`drop role if exists ${each}`);
    await database.drop();
  }
});

function document(kind: DesiredDocument["kind"], name: string, spec: object): DesiredDocument {
  const namespace = kind === "VendorAccount" ? "" : "orders";
  return { kind, namespace, name, spec, origin: { path: `${name}.yaml`, line: 1 } };
}
