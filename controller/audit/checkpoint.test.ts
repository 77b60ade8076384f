/** Checkpoints as the controller makes them, and as the independent verifier reads them. */
import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { closeInterval } from "../checkpoints/close.ts";
import { type Checkpoint, publishedText, type Signer, signerOf } from "../checkpoints/statement.ts";
import { checkpointKeyOf, isSigned, signCheckpoint } from "../custody/checkpoint-key.ts";
import { keyRing } from "../custody/key.ts";
import { appendInstallAudit, chainRow, type ChainHead } from "../ledger/audit.ts";
import type { Db } from "../ledger/db.ts";
import { ensureInstall } from "../ledger/install.ts";
import { type AuditReport, verifyAudit } from "./verify.ts";

const ring = (fill: number) => keyRing(Secret.from(Buffer.alloc(32, fill).toString("base64")));

let ledger: FreshLedger;
let superuser: Client;
let signer: Signer;

beforeAll(async () => {
  ledger = await freshLedger();
  superuser = new Client({ connectionString: ledger.url });
  await superuser.connect();
  await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring(1));
  signer = signerOf("eu-1", ring(1));
});

afterAll(async () => {
  await superuser.end();
  await ledger.drop();
});

/** Whoever can do this can do anything, but sign. */
async function tamper(sql: string, values: unknown[] = []): Promise<void> {
  await superuser.query("set session_replication_role = replica");
  await superuser.query(sql, values);
  await superuser.query("set session_replication_role = origin");
}

beforeEach(async () => {
  for (const table of ["audit", "rotation", "checkpoint", "checkpoint_head"])
    await tamper(`delete from velvet.${table}`);
  await tamper(`update velvet.lease set facts = '{"seq": 0, "hash": ""}' where name = 'install-chain'`);
});

async function verify(published?: string): Promise<AuditReport> {
  return verifyAudit(ledger.auditorUrl, published === undefined ? {} : { published });
}

const heads = new Map<string, ChainHead>();

/** So many more audit rows in a rotation's chain, with its head. */
async function grow(count: number, chain: string = randomUUID()): Promise<string> {
  let head = heads.get(chain) ?? { chain, seq: 0, hash: Buffer.alloc(0) };
  for (let n = 0; n < count; n++) {
    const row = chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: "Step" });
    head = { chain, seq: row.seq, hash: row.hash };
    await superuser.query("insert into velvet.audit (chain, seq, canonical, hash) values ($1, $2, $3, $4)", [
      chain,
      row.seq,
      row.canonical,
      row.hash,
    ]);
  }
  heads.set(chain, head);
  await tamper(
    `insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
       snapshot_hash, chain_seq, chain_hash, ended_at)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'n', 'r', 'c', 'Operational', 'Alive', 'done', '{}', '', $2, $3, now())
     on conflict (id) do update set chain_seq = excluded.chain_seq, chain_hash = excluded.chain_hash`,
    [chain, head.seq, head.hash],
  );
  return chain;
}

async function close(): Promise<Checkpoint> {
  const closed = await ledger.db.transaction(async (tx) => closeInterval(tx, signer));
  if (closed === undefined) throw new Error("nothing grew");
  return closed;
}

/** Three checkpoints over one chain that grew to 6 rows, and over others beside it. */
async function three(): Promise<{ chain: string; sizes: readonly number[]; last: Checkpoint }> {
  const chain = await grow(2);
  const first = await close();
  await grow(3);
  await grow(2, chain);
  const second = await close();
  await grow(2, chain);
  const last = await close();
  return { chain, sizes: [first, second, last].map(({ statement }) => statement.size), last };
}

describe("a checkpoint", () => {
  it("counts the rows below all heads, follows the one before, and is made only when something grew", async () => {
    expect(await ledger.db.transaction(async (tx) => closeInterval(tx, signer))).toBeUndefined();
    await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "A" }, { event: "B" }]));
    const first = await close();
    expect(first.statement).toMatchObject({ origin: "eu-1", size: 2, heads: 1, previous: "" });
    expect(await ledger.db.transaction(async (tx) => closeInterval(tx, signer))).toBeUndefined();
    await grow(3);
    expect((await close()).statement).toMatchObject({ size: 5, heads: 1, previous: first.hash });
  });

  it("has one successor: the second of two that close at once fails", async () => {
    await grow(1);
    const [closed, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = ledger.db.transaction(async (tx) => {
      await closeInterval(tx, signer);
      closed.resolve();
      await go.promise;
    });
    await closed.promise; // and not committed
    const second = ledger.db.transaction(async (tx) => {
      const query: Db["query"] = async (statement, values) => {
        if (statement.name === "add_checkpoint") go.resolve();
        return tx.query(statement, values);
      };
      return closeInterval({ ...tx, query }, signer);
    });
    const results = await Promise.allSettled([first, second]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await verify()).toMatchObject({ ok: true, checkpoints: { count: 1 } });
  });

  it("cannot be changed or removed by the controller's role, nor by the owner", async () => {
    await grow(1);
    await close();
    for (const table of ["checkpoint", "checkpoint_head"]) {
      for (const sql of [
        `update velvet.${table} set size = 9`,
        `delete from velvet.${table}`,
        `truncate velvet.${table} cascade`,
      ]) {
        await expect(ledger.pool.query(sql)).rejects.toThrow("permission denied");
        await expect(superuser.query(sql)).rejects.toThrow("never changed or removed");
      }
    }
  });

  it("is signed with a key that follows from the key-encryption key, and with no other", () => {
    const text = Buffer.from("statement");
    const signature = signCheckpoint(ring(1), text);
    expect(checkpointKeyOf(ring(1))).toBe(checkpointKeyOf(ring(1)));
    expect(isSigned(checkpointKeyOf(ring(1)), text, signature)).toBe(true);
    expect(isSigned(checkpointKeyOf(ring(2)), text, signature)).toBe(false);
    expect(isSigned(checkpointKeyOf(ring(1)), Buffer.from("other"), signature)).toBe(false);
    expect(isSigned("k1:", text, signature)).toBe(false);
    expect(isSigned(checkpointKeyOf(ring(1)), text, Buffer.alloc(3))).toBe(false);
  });
});

describe("the verifier of checkpoints", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])("finds the same root over %i chains as it was made", async (count) => {
    for (let n = 0; n < count; n++) await grow(1);
    expect((await close()).statement.heads).toBe(count);
    expect(await verify()).toMatchObject({ ok: true, faults: [], checkpoints: { count: 1, last: { size: count } } });
  });

  it("finds nothing wrong in what was not touched, and knows what was published", async () => {
    const { last } = await three();
    const { at } = last.statement;
    expect(await verify(publishedText(last, signer.key))).toMatchObject({
      ok: true,
      checkpoints: { count: 3, key: signer.key, last: { size: 9, at }, published: { size: 9, at, found: "yes" } },
    });
  });

  it("names a chain whose tail was cut together with its head", async () => {
    const { chain } = await three();
    await tamper("delete from velvet.audit where chain = $1 and seq > 3", [chain]);
    await tamper(
      "update velvet.rotation set chain_seq = 3, chain_hash = (select hash from velvet.audit where chain = $1::text and seq = 3) where id = $1::uuid",
      [chain],
    );
    expect((await verify()).faults).toMatchObject([
      { chain, seq: 4, kind: "TailCut", message: expect.stringContaining("saw the chain end at row 4") },
    ]);
  });

  it("names a chain that is gone with its rotation", async () => {
    const { chain } = await three();
    await tamper("delete from velvet.audit where chain = $1", [chain]);
    await tamper("delete from velvet.rotation where id = $1::uuid", [chain]);
    expect((await verify()).faults).toMatchObject([{ chain, seq: 1, kind: "TailCut" }]);
  });

  it("names a chain that was written anew with hashes of its own", async () => {
    const { chain } = await three();
    await tamper("delete from velvet.audit where chain = $1", [chain]);
    heads.delete(chain);
    let head: ChainHead = { chain, seq: 0, hash: Buffer.alloc(0) };
    for (let n = 0; n < 6; n++) {
      const row = chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: "Forged" });
      head = { chain, seq: row.seq, hash: row.hash };
      await tamper("insert into velvet.audit (chain, seq, canonical, hash) values ($1, $2, $3, $4)", [
        chain,
        row.seq,
        row.canonical,
        row.hash,
      ]);
    }
    await tamper("update velvet.rotation set chain_seq = 6, chain_hash = $2 where id = $1::uuid", [chain, head.hash]);
    expect((await verify()).faults).toMatchObject([{ chain, seq: 2, kind: "Edited" }]);
  });

  const attacks: readonly (readonly [string, string, { at: number; kind: string }])[] = [
    [
      "a signature that is another's",
      "update velvet.checkpoint set signature = decode(repeat('00', 64), 'hex') where size = $1",
      { at: 1, kind: "CheckpointForged" },
    ],
    [
      "a statement that was changed",
      "update velvet.checkpoint set canonical = convert_to(replace(convert_from(canonical, 'UTF8'), 'eu-1', 'eu-2'), 'UTF8') where size = $1",
      { at: 1, kind: "CheckpointForged" },
    ],
    [
      "a statement that stands for another size",
      "with moved as (update velvet.checkpoint_head set size = size + 1 where size = $1) update velvet.checkpoint set size = size + 1 where size = $1",
      { at: 1, kind: "CheckpointForged" },
    ],
    [
      "two that changed places",
      "update velvet.checkpoint set size = size + 100 where size = $1",
      { at: 2, kind: "CheckpointUnlinked" },
    ],
    [
      "a head that was changed",
      "update velvet.checkpoint_head set seq = seq + 100 where size = $1",
      { at: 1, kind: "HeadsChanged" },
    ],
    ["heads that are gone", "delete from velvet.checkpoint_head where size = $1", { at: 1, kind: "HeadsChanged" }],
    [
      "one that is missing in the middle",
      "delete from velvet.checkpoint where size = $1",
      { at: 2, kind: "CheckpointMissing" },
    ],
  ];
  it.each(attacks)("names the first bad one: %s", async (_, sql, { at, kind }) => {
    const { sizes } = await three();
    await tamper(sql, [sizes[1]]);
    const bad = sizes[at] ?? 0;
    const found = (await verify()).faults.filter(({ chain }) => chain === "checkpoint");
    expect(found).toMatchObject([{ kind }]);
    expect([bad, bad + 1]).toContain(found[0]?.seq);
  });

  it("names what was published and is not there, and what is not this install's", async () => {
    const { last, sizes } = await three();
    const text = publishedText(last, signer.key);
    await tamper("delete from velvet.checkpoint_head where size = $1", [sizes[2]]);
    await tamper("delete from velvet.checkpoint where size = $1", [sizes[2]]);
    expect(await verify()).toMatchObject({ ok: true });
    expect(await verify(text)).toMatchObject({
      ok: false,
      faults: [{ chain: "checkpoint", seq: sizes[2], kind: "CheckpointMissing" }],
      checkpoints: { published: { found: "no" } },
    });
    const other = signerOf("eu-1", ring(2));
    const forged = { ...last, signature: other.sign(last.canonical) };
    for (const bad of [
      publishedText(forged, signer.key),
      publishedText(forged, other.key),
      text.replace("eu-1", "eu-2"),
      "{}",
      "no",
    ])
      expect((await verify(bad)).faults).toMatchObject([{ kind: "CheckpointForged" }]);
  });
});
