/**
 * `npm run bench:audit`: verifying and exporting ten thousand audit rows, beside what the machine needs for the same bytes in the same run:
 * their hashes alone, and their rows through the same driver alone.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import postgres from "postgres";
import { exportAudit } from "../controller/audit/export.ts";
import { verifyAudit } from "../controller/audit/verify.ts";
import { verifyFile } from "../controller/audit/verify-file.ts";
import { type ChainHead, chainRow } from "../controller/ledger/audit.ts";
import { ledgerOf, openPool } from "../controller/ledger/db.ts";
import { actorOf, wordsOf } from "../controller/ledger/words.ts";
import { openBenchLedger } from "./ledger.ts";

const CHAINS = 400;
/** About what a rotation of two consumers writes; two of them name a person and hold texts. */
const ROWS = 25;
const TRIES = 5;
const SELECT = "select chain, seq, canonical, hash from velvet.audit order by chain, seq";

await using ledger = await openBenchLedger(4);
await fill(ledger.ownerUrl);
const folder = await mkdtemp(join(tmpdir(), "velvet-bench-audit-"));
const file = join(folder, "record.jsonl");
try {
  const bytes = await canonicals(ledger.ownerUrl);
  const total = bytes.reduce((sum, each) => sum + each.length, 0);
  const hashed = await best(async () => hashAll(bytes));
  const selected = await best(async () => selectAll(ledger.ownerUrl));
  const verified = await best(async () => whole(await verifyAudit(ledger.ownerUrl)));
  const exported = await best(async () => exportTo(ledger.ownerUrl, file));
  const offline = await best(async () => whole(await verifyFile(file)));
  console.log(`${bytes.length} rows of ${CHAINS} chains, ${(total / 1_000_000).toFixed(1)} MB; best of ${TRIES}`);
  for (const [what, ms] of [
    ["SHA-256 of the same bytes, nothing else", hashed],
    ["select of the same rows, nothing else", selected],
    ["velvet audit verify", verified],
    ["velvet audit export", exported],
    ["velvet audit verify --from", offline],
  ] as const)
    console.log(
      `${what.padEnd(42)} ${ms.toFixed(0).padStart(6)} ms  ${(ms / (hashed + selected)).toFixed(1).padStart(5)} × the machine's limit`,
    );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function best(work: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let n = 0; n < TRIES; n++) {
    const began = performance.now();
    await work();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

function whole({ ok, rows }: { readonly ok: boolean; readonly rows: number }): void {
  if (!ok || rows !== CHAINS * ROWS) throw new Error("the record is not whole");
}

async function hashAll(bytes: readonly Buffer[]): Promise<void> {
  let previous = Buffer.alloc(0);
  for (const each of bytes) previous = createHash("sha256").update(previous).update(each).digest();
}

async function selectAll(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  for await (const rows of sql.unsafe(SELECT).cursor(2_000)) void rows.length;
  await sql.end();
}

async function exportTo(url: string, path: string): Promise<void> {
  const out = createWriteStream(path);
  await exportAudit(url, {}, async (text) => {
    if (!out.write(text)) await once(out, "drain");
  });
  out.end();
  await once(out, "close");
}

async function canonicals(url: string): Promise<Buffer[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ canonical: Buffer }>(SELECT);
  await client.end();
  return rows.map(({ canonical }) => canonical);
}

/** As the controller writes them, but for the rotations' other columns. Foreign keys point nowhere, which nobody follows here. */
async function fill(url: string): Promise<void> {
  const pool = openPool({ connectionString: url, max: 2, applicationName: "bench" }, () => undefined);
  const ana = await actorOf(ledgerOf(pool), "ana", randomBytes);
  await pool.query(
    "alter table velvet.rotation drop constraint rotation_request_fkey, drop constraint rotation_credential_fkey",
  );
  for (let n = 0; n < CHAINS; n++) {
    const chain = randomUUID();
    let head: ChainHead = { chain, seq: 0, hash: Buffer.alloc(0) };
    const rows = Array.from({ length: ROWS }, (_, index) => {
      const person =
        index % 12 === 0
          ? { decidedBy: ana, because: wordsOf("it is time", randomBytes), ticket: wordsOf("OPS-1", randomBytes) }
          : {};
      const facts = {
        consumer: "app",
        attempt: randomUUID(),
        vendorId: `key-${randomUUID()}`,
        proves: "credential",
        writtenAt: "2026-01-01T00:00:00.000Z",
      };
      const row = chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: "Receipt", ...facts, ...person });
      head = { chain, seq: row.seq, hash: row.hash };
      return row;
    });
    const words = rows.flatMap((row) => row.words);
    await pool.query(
      "insert into velvet.audit (chain, seq, canonical, hash) select $1, * from unnest($2::bigint[], $3::bytea[], $4::bytea[])",
      [chain, rows.map(({ seq }) => seq), rows.map(({ canonical }) => canonical), rows.map(({ hash }) => hash)],
    );
    await pool.query(
      "insert into velvet.audit_words (chain, seq, field, salt, text) select $1, x.seq, x.field, decode(x.salt, 'base64'), x.text from jsonb_to_recordset($2::jsonb) as x (seq bigint, field text, salt text, text text)",
      [chain, JSON.stringify(words)],
    );
    await pool.query(
      `insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot, snapshot_hash, chain_seq, chain_hash, ended_at)
       values ($1, gen_random_uuid(), gen_random_uuid(), 'n', 'r', 'c', 'Operational', 'Alive', 'done', '{}', '', $2, $3, now())`,
      [chain, head.seq, head.hash],
    );
  }
  await pool.query("analyze");
  await pool.end();
}
