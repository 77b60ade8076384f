import { createHash, randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { appendInstallAudit, chainRow, type ChainHead } from "../ledger/audit.ts";
import { type AuditReport, verifyAudit } from "./verify.ts";

let ledger: FreshLedger;
let superuser: Client;

beforeAll(async () => {
  ledger = await freshLedger();
  superuser = new Client({ connectionString: ledger.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await ledger.drop();
});

/** Whoever can do this can do anything: only the chain itself tells. */
async function tamper(sql: string, values: unknown[] = []): Promise<void> {
  await superuser.query("set session_replication_role = replica");
  await superuser.query(sql, values);
  await superuser.query("set session_replication_role = origin");
}

async function verify(): Promise<AuditReport> {
  return verifyAudit(ledger.auditorUrl);
}

/** A rotation with `length` audit rows and a head that fits them. Its foreign keys point nowhere, which the verifier never follows. */
async function rotation(length: number): Promise<string> {
  const chain = randomUUID();
  let head: ChainHead = { chain, seq: 0, hash: Buffer.alloc(0) };
  const rows = Array.from({ length }, (_, index) => {
    const row = chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: `Step${index}`, ticket: "OPS-1" });
    head = { chain, seq: row.seq, hash: row.hash };
    return row;
  });
  await tamper(
    `insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
       snapshot_hash, chain_seq, chain_hash)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'n', 'r', 'c', 'Operational', 'Alive', 'done', '{}', '', $2, $3)`,
    [chain, head.seq, head.hash],
  );
  await superuser.query(
    "insert into velvet.audit (chain, seq, canonical, hash) select $1, * from unnest($2::bigint[], $3::bytea[], $4::bytea[])",
    [chain, rows.map((row) => row.seq), rows.map((row) => row.canonical), rows.map((row) => row.hash)],
  );
  return chain;
}

beforeEach(async () => {
  await tamper("delete from velvet.audit");
  await tamper("delete from velvet.rotation");
  await tamper(`update velvet.lease set facts = '{"seq": 0, "hash": ""}' where name = 'install-chain'`);
});

describe("the audit verifier", () => {
  it("finds whole chains whole, and counts them", async () => {
    await rotation(5);
    await rotation(1);
    await rotation(0);
    await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Started" }, { event: "Migrated" }]));
    await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Stopped", note: "Grüße, \u2028 😀" }]));
    expect(await verify()).toEqual({ ok: true, chains: 4, rows: 9, faults: [], checkpoints: { count: 0 } });
  });

  it("keeps the install chain whole when many append at once", async () => {
    const appends = Array.from({ length: 40 }, async (_, n) =>
      ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Counted", n }])),
    );
    await Promise.all(appends);
    expect(await verify()).toMatchObject({ ok: true, rows: 40 });
  });

  it("leaves no trace of an append that was rolled back", async () => {
    const failed = ledger.db.transaction(async (tx) => {
      await appendInstallAudit(tx, [{ event: "Lost" }]);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await verify()).toMatchObject({ ok: true, rows: 0 });
  });

  const attacks: [string, string, { kind: string; seq: number }][] = [
    [
      "an edited row",
      "update velvet.audit set canonical = replace(encode(canonical, 'escape'), 'OPS-1', 'OPS-2')::bytea where chain = $1 and seq = 3",
      { kind: "Edited", seq: 3 },
    ],
    [
      "a changed hash",
      "update velvet.audit set hash = sha256('x') where chain = $1 and seq = 2",
      { kind: "Edited", seq: 2 },
    ],
    ["a deleted row", "delete from velvet.audit where chain = $1 and seq = 3", { kind: "Deleted", seq: 3 }],
    ["a deleted first row", "delete from velvet.audit where chain = $1 and seq = 1", { kind: "Deleted", seq: 1 }],
    [
      "two rows changed round",
      "update velvet.audit a set canonical = b.canonical, hash = b.hash from velvet.audit b where a.chain = $1 and b.chain = $1 and a.seq in (2, 3) and b.seq = 5 - a.seq",
      { kind: "Reordered", seq: 2 },
    ],
    ["a cut tail", "delete from velvet.audit where chain = $1 and seq > 3", { kind: "TailCut", seq: 4 }],
    ["a whole chain gone", "delete from velvet.audit where chain = $1", { kind: "TailCut", seq: 1 }],
    ["a rotation gone", "delete from velvet.rotation where id = $1::uuid", { kind: "HeadMissing", seq: 1 }],
    [
      "a head moved back",
      "update velvet.rotation set chain_seq = 4, chain_hash = (select hash from velvet.audit where chain = $1::text and seq = 4) where id = $1::uuid",
      { kind: "Inserted", seq: 5 },
    ],
  ];
  it.each(attacks)("names the first bad row of %s", async (_, sql, fault) => {
    await rotation(5);
    const chain = await rotation(5);
    await rotation(5);
    await tamper(sql, [chain]);
    expect(await verify()).toMatchObject({ ok: false, faults: [{ chain, ...fault }] });
  });

  it("names a row that was put in, with its own valid hash, and the rest moved up", async () => {
    const chain = await rotation(5);
    await tamper("update velvet.audit set seq = seq + 100 where chain = $1 and seq >= 3", [chain]);
    await tamper("update velvet.audit set seq = seq - 99 where chain = $1 and seq > 100", [chain]);
    const { rows } = await superuser.query<{ hash: Buffer }>(
      "select hash from velvet.audit where chain = $1 and seq = 2",
      [chain],
    );
    const forged = chainRow({ chain, seq: 2, hash: rows[0]?.hash ?? Buffer.alloc(0) }, { at: "x", event: "Forged" });
    await tamper("insert into velvet.audit (chain, seq, canonical, hash) values ($1, 3, $2, $3)", [
      chain,
      forged.canonical,
      forged.hash,
    ]);
    expect(await verify()).toMatchObject({ faults: [{ chain, seq: 3, kind: "Inserted" }] });
  });

  it("names a row that was put in after the end", async () => {
    const chain = await rotation(2);
    const { rows } = await superuser.query<{ hash: Buffer }>(
      "select hash from velvet.audit where chain = $1 and seq = 2",
      [chain],
    );
    const forged = chainRow({ chain, seq: 2, hash: rows[0]?.hash ?? Buffer.alloc(0) }, { at: "x", event: "Forged" });
    await tamper("insert into velvet.audit (chain, seq, canonical, hash) values ($1, 3, $2, $3)", [
      chain,
      forged.canonical,
      forged.hash,
    ]);
    expect(await verify()).toMatchObject({ faults: [{ chain, seq: 3, kind: "Inserted" }] });
  });

  it("sees a last row that was rewritten together with its hash", async () => {
    const chain = await rotation(3);
    const { rows } = await superuser.query<{ hash: Buffer }>(
      "select hash from velvet.audit where chain = $1 and seq = 2",
      [chain],
    );
    const forged = chainRow({ chain, seq: 2, hash: rows[0]?.hash ?? Buffer.alloc(0) }, { at: "x", event: "Forged" });
    await tamper("update velvet.audit set canonical = $2, hash = $3 where chain = $1 and seq = 3", [
      chain,
      forged.canonical,
      forged.hash,
    ]);
    expect(await verify()).toMatchObject({ faults: [{ chain, seq: 3, kind: "Edited" }] });
  });

  it("sees a row brought over from another chain", async () => {
    const [a, b] = [await rotation(1), await rotation(1)];
    await tamper(
      "update velvet.audit set canonical = o.canonical, hash = o.hash from velvet.audit o where velvet.audit.chain = $1 and o.chain = $2",
      [a, b],
    );
    await tamper(
      "update velvet.rotation set chain_hash = (select hash from velvet.audit where chain = $1::text) where id = $1::uuid",
      [a],
    );
    expect(await verify()).toMatchObject({ faults: [{ chain: a, seq: 1, kind: "Reordered" }] });
  });

  it("sees that the install chain's head is gone", async () => {
    await tamper("delete from velvet.lease where name = 'install-chain'");
    expect(await verify()).toMatchObject({ faults: [{ chain: "install", kind: "HeadMissing" }] });
    await tamper(`insert into velvet.lease (name, facts) values ('install-chain', '{"seq": 0, "hash": ""}')`);
  });

  it("takes eight times as long for eight times as many rows, and not the square of it", async () => {
    const cost = async (): Promise<number> => {
      const before = process.cpuUsage();
      await verify();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    for (let n = 0; n < 2; n++) await rotation(1_000);
    await cost(); // the first time everything is compiled
    const few = await cost();
    for (let n = 0; n < 14; n++) await rotation(1_000);
    const many = await cost();
    expect(await verify()).toMatchObject({ ok: true, rows: 16_000 });
    expect(many / few).toBeLessThan(24);
  });
});

describe("a chain's row", () => {
  it("is the hash of the one before and of RFC 8785 JSON", () => {
    const previous = createHash("sha256").update("before").digest();
    const row = chainRow(
      { chain: "c", seq: 4, hash: previous },
      { at: "t", event: "E", z: 1, a: { y: "é", b: [1.0, 1e21] } },
    );
    expect(row.canonical.toString()).toBe(
      '{"a":{"b":[1,1e+21],"y":"é"},"at":"t","chain":"c","event":"E","seq":5,"z":1}',
    );
    expect(row.hash).toEqual(createHash("sha256").update(previous).update(row.canonical).digest());
    expect(row.seq).toBe(5);
  });

  it("never lets an entry say where it belongs", () => {
    expect(() => chainRow({ chain: "c", seq: 0, hash: Buffer.alloc(0) }, { at: "t", event: "E", seq: 9 })).toThrow(
      "seq",
    );
  });
});
