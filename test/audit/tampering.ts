/**
 * What somebody who may do anything to the database can do to the record, and what the verifier says of it. They cannot sign; whoever has
 * the key as well is told of in `docs/how-to/audit.md`.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportAudit } from "../../controller/audit/export.ts";
import { verifyFile } from "../../controller/audit/verify-file.ts";
import type { Trusted } from "../../controller/audit/verify-checkpoints.ts";
import { type AuditReport, verifyAudit } from "../../controller/audit/verify.ts";
import { closeInterval } from "../../controller/checkpoints/close.ts";
import { publishedText } from "../../controller/checkpoints/statement.ts";
import { appendInstallAudit } from "../../controller/ledger/audit.ts";
import { erase } from "../../controller/ledger/erase.ts";
import type { TestServer } from "../support/server.ts";
import {
  atPostgres,
  type Made,
  makeRecord,
  OTHER,
  type Record,
  ROWS,
  SIGNER,
  urlOf,
  withRecord,
} from "./tampered-record.ts";

export interface Tampering {
  readonly what: string;
  readonly how: (record: Record) => Promise<void>;
  /** Nothing: it does not show. */
  readonly found?: {
    readonly kind: string;
    readonly seq: number | ((record: Made) => number);
    readonly chain?: "checkpoint" | "first";
  };
  /** What the verifier is given from outside: the last published checkpoint, or the first key. */
  readonly given?: "published" | "public key";
}

const moved = (by: number, from: number) =>
  `update velvet.audit set seq = seq + ${by} where chain = $1 and seq >= ${from}`;
const headAt = (seq: number) =>
  `update velvet.rotation set chain_seq = ${seq}, chain_hash = (select hash from velvet.audit where chain = $1 and seq = ${seq}) where id::text = $1`;

async function put({ client, chain }: Record, seq: number, row: { canonical: Buffer; hash: Buffer }): Promise<void> {
  await client.query("insert into velvet.audit (chain, seq, canonical, hash) values ($1, $2, $3, $4)", [
    chain,
    seq,
    row.canonical,
    row.hash,
  ]);
}

const sql =
  (...statements: readonly string[]): Tampering["how"] =>
  async ({ client, chain }) => {
    for (const statement of statements) await client.query(statement, statement.includes("$1") ? [chain] : []);
  };

/** The chain written anew from row 2 on, with right hashes and a right head. */
async function rewrite(record: Record): Promise<void> {
  await record.client.query("delete from velvet.audit where chain = $1 and seq > 1", [record.chain]);
  for (let seq = 2; seq <= ROWS; seq++) await put(record, seq, await record.forged(seq - 1));
  await record.client.query(headAt(ROWS), [record.chain]);
}

const LAST = "size = (select max(size) from velvet.checkpoint)";
const sizeOf =
  (index: number) =>
  ({ checkpoints }: Made): number =>
    checkpoints.at(index)?.statement.size ?? 0;

async function signedByAnother({ client, checkpoints }: Record): Promise<void> {
  for (const { canonical, statement } of checkpoints)
    await client.query("update velvet.checkpoint set signature = $1 where size = $2", [
      OTHER.sign(canonical),
      statement.size,
    ]);
}

export const TAMPERINGS: readonly Tampering[] = [
  {
    what: "a row is edited",
    how: sql(
      "update velvet.audit set canonical = replace(encode(canonical, 'escape'), 'Step3', 'StepX')::bytea where chain = $1 and seq = 3",
    ),
    found: { kind: "Edited", seq: 3 },
  },
  {
    what: "a row is edited, and its hash with it",
    how: async (record) => {
      const { canonical, hash } = await record.forged(2);
      await record.client.query("update velvet.audit set canonical = $2, hash = $3 where chain = $1 and seq = 3", [
        record.chain,
        canonical,
        hash,
      ]);
    },
    // Which of the two was rewritten nobody can tell: the message names both.
    found: { kind: "Edited", seq: 4 },
  },
  {
    what: "a row is deleted",
    how: sql("delete from velvet.audit where chain = $1 and seq = 3"),
    found: { kind: "Deleted", seq: 3 },
  },
  {
    what: "two rows are reordered",
    how: sql(
      "update velvet.audit a set canonical = b.canonical, hash = b.hash from velvet.audit b where a.chain = $1 and b.chain = $1 and a.seq in (2, 3) and b.seq = 5 - a.seq",
    ),
    found: { kind: "Reordered", seq: 2 },
  },
  {
    what: "a row is inserted, and the rest moved up",
    how: async (record) => {
      await record.client.query(moved(100, 3), [record.chain]);
      await record.client.query(moved(-99, 100), [record.chain]);
      await put(record, 3, await record.forged(2));
    },
    found: { kind: "Inserted", seq: 3 },
  },
  {
    what: "a row is inserted after the end",
    how: async (record) => put(record, ROWS + 1, await record.forged(ROWS)),
    found: { kind: "Inserted", seq: ROWS + 1 },
  },
  {
    what: "the tail is cut",
    how: sql("delete from velvet.audit where chain = $1 and seq > 3"),
    found: { kind: "TailCut", seq: 4 },
  },
  {
    what: "the tail is cut, and the head moved back",
    how: sql("delete from velvet.audit where chain = $1 and seq > 3", headAt(3)),
    found: { kind: "TailCut", seq: 4 },
  },
  {
    what: "a rotation is removed with its chain",
    how: sql("delete from velvet.audit where chain = $1", "delete from velvet.rotation where id::text = $1"),
    found: { kind: "TailCut", seq: 1 },
  },
  { what: "a chain is written anew, hashes and head too", how: rewrite, found: { kind: "Edited", seq: 4 } },
  {
    what: "a fork: two checkpoints follow the same one",
    how: async ({ client, checkpoints }) => {
      const [first, second] = checkpoints;
      if (!first || !second) throw new Error("there are three checkpoints");
      const forked = { ...second.statement, size: second.statement.size + 1, previous: first.hash };
      const canonical = Buffer.from(
        JSON.stringify(Object.fromEntries(Object.entries(forked).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
      );
      await client.query("alter table velvet.checkpoint drop constraint checkpoint_previous_key");
      // Signed by the real key: as if the same ledger had gone on twice.
      await client.query(
        "insert into velvet.checkpoint (size, at, canonical, hash, previous, signature) select $1, at, $2, sha256($2), previous, $3 from velvet.checkpoint where size = $4",
        [forked.size, canonical, SIGNER.sign(canonical), second.statement.size],
      );
    },
    found: { kind: "CheckpointUnlinked", chain: "checkpoint", seq: (record) => sizeOf(1)(record) + 1 },
  },
  {
    what: "a fork: the ledger was put back whole, and went on",
    how: async ({ client, db }) => {
      await client.query(`delete from velvet.checkpoint_head where ${LAST}`);
      await client.query(`delete from velvet.checkpoint where ${LAST}`);
      await db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "WentOn" }]));
      await db.transaction(async (tx) => closeInterval(tx, SIGNER));
    },
    given: "published",
    found: { kind: "CheckpointMissing", chain: "checkpoint", seq: sizeOf(-1) },
  },
  {
    what: "the same, and nobody has what was published",
    how: sql(`delete from velvet.checkpoint_head where ${LAST}`, `delete from velvet.checkpoint where ${LAST}`),
  },
  {
    what: "a checkpoint is forged",
    how: async ({ client, checkpoints }) => {
      const last = checkpoints.at(-1);
      const canonical = Buffer.from(last?.canonical.toString().replace('"heads":', '"heads":1') ?? "");
      await client.query(`update velvet.checkpoint set canonical = $1, hash = sha256($1) where ${LAST}`, [canonical]);
    },
    found: { kind: "CheckpointForged", chain: "checkpoint", seq: sizeOf(-1) },
  },
  {
    what: "all checkpoints are signed by another key",
    how: signedByAnother,
    found: { kind: "CheckpointForged", chain: "checkpoint", seq: sizeOf(0) },
  },
  {
    what: "the same, and the ledger names that key",
    how: async (record) => {
      await signedByAnother(record);
      await record.client.query("update velvet.install set checkpoint_key = $1", [OTHER.key]);
    },
    given: "public key",
    found: { kind: "CheckpointForged", chain: "checkpoint", seq: sizeOf(0) },
  },
  {
    what: "a checkpoint names another key, unsigned by the one before",
    how: async ({ client, checkpoints }) => {
      const last = checkpoints.at(-1);
      const canonical = Buffer.from(
        last?.canonical.toString().replace('"origin":', `"nextKey":"${OTHER.key}","origin":`) ?? "",
      );
      await client.query(
        `update velvet.checkpoint set canonical = $1, hash = sha256($1), next_key = $2, signature = $3 where ${LAST}`,
        [canonical, OTHER.key, OTHER.sign(canonical)],
      );
    },
    found: { kind: "CheckpointForged", chain: "checkpoint", seq: sizeOf(-1) },
  },
  {
    what: "a checkpoint is removed from between",
    how: async ({ client, checkpoints }) => {
      for (const table of ["checkpoint_head", "checkpoint"])
        await client.query(`delete from velvet.${table} where size = $1`, [checkpoints[1]?.statement.size]);
    },
    found: { kind: "CheckpointMissing", chain: "checkpoint", seq: sizeOf(2) },
  },
  {
    what: "a chain head is removed from a checkpoint",
    how: sql(`delete from velvet.checkpoint_head where chain = $1 and ${LAST}`),
    found: { kind: "HeadsChanged", chain: "checkpoint", seq: sizeOf(-1) },
  },
  {
    what: "the text beside a row is edited",
    how: sql("update velvet.audit_words set text = 'OPS-2' where chain = $1 and seq = 2 and field = 'ticket'"),
    found: { kind: "WordsEdited", seq: 2 },
  },
  {
    what: "the text beside a row is deleted",
    how: sql("delete from velvet.audit_words where chain = $1 and seq = 2 and field = 'ticket'"),
    found: { kind: "WordsMissing", seq: 2 },
  },
  {
    what: "a text is put beside a row",
    how: sql(
      "insert into velvet.audit_words (chain, seq, field, salt, text) values ($1, 4, 'ticket', decode(repeat('00', 16), 'hex'), 'OPS-9')",
    ),
    found: { kind: "WordsInserted", seq: 4 },
  },
  {
    what: "a text is erased behind Velvet's back",
    how: sql(
      "update velvet.audit_words set salt = null, text = null where chain = $1 and seq = 2 and field = 'ticket'",
    ),
    found: { kind: "ErasedUnsaid", seq: 2 },
  },
  {
    what: "a person gets another name",
    how: sql("update velvet.actor set name = 'eve' where name = 'ana'"),
    found: { kind: "WordsEdited", seq: 2 },
  },
  {
    what: "who a person is, is deleted",
    how: sql("delete from velvet.actor where name = 'ana'"),
    found: { kind: "WordsMissing", seq: 2 },
  },
  {
    what: "a person is erased behind Velvet's back",
    how: sql("update velvet.actor set salt = null, name = null where name = 'ana'"),
    // Said once, at the first row that speaks of the person.
    found: { kind: "ErasedUnsaid", seq: 2, chain: "first" },
  },
  {
    what: "(no tampering) a person and a ticket are erased by velvet audit erase",
    how: async ({ db }) => {
      const by = { decidedBy: "dpo", reason: "asked for" };
      await erase(db, { kind: "actor", word: "ana", ...by }, randomBytes);
      await erase(db, { kind: "ticket", word: "OPS-1", ...by }, randomBytes);
    },
  },
  { what: "(no tampering) nothing was done", how: async () => undefined },
];

export interface Trial {
  readonly tampering: Tampering;
  readonly record: Made;
  readonly report: AuditReport;
  /** Of the same, taken out of its database. */
  readonly exported: AuditReport;
  /** Where the fault should be. */
  readonly expected?: { readonly chain: string; readonly seq: number; readonly kind: string };
}

/** What was found in the chain that was tampered with, or else first. A person may stand in other chains too. */
export function faultOf(
  { record }: Pick<Trial, "record">,
  report: AuditReport,
): AuditReport["faults"][number] | undefined {
  return report.faults.find(({ chain }) => chain === record.chain) ?? report.faults[0];
}

export function isAsExpected(trial: Trial): boolean {
  const { report, expected } = trial;
  if (expected === undefined) return report.ok;
  const found = faultOf(trial, report);
  return found?.chain === expected.chain && found.seq === expected.seq && found.kind === expected.kind;
}

/** Makes the record once, and puts it back before each trial. */
export async function openTrials(
  server: TestServer,
): Promise<{ attempt: (tampering: Tampering) => Promise<Trial> } & AsyncDisposable> {
  const name = `tamper_${randomBytes(6).toString("hex")}`;
  await atPostgres(server, `create database ${name} template ${server.template} owner velvet_owner`);
  const made = await makeRecord(server, name);
  await withRecord(server, name, made, async ({ client }) => {
    await client.query("create schema kept");
    for (const table of TABLES) await client.query(`create table kept.${table} as table velvet.${table}`);
  });
  return {
    attempt: async (tampering) => {
      await withRecord(server, name, made, async (record) => {
        await putBack(record);
        await tampering.how(record);
      });
      return attemptOn(server, name, made, tampering);
    },
    [Symbol.asyncDispose]: async () => atPostgres(server, `drop database ${name} with (force)`),
  };
}

const TABLES = ["audit", "audit_words", "actor", "rotation", "checkpoint_head", "checkpoint", "install", "lease"];

async function putBack({ client }: Record): Promise<void> {
  const statements = TABLES.flatMap((table) => [
    `delete from velvet.${table}`,
    `insert into velvet.${table} select * from kept.${table}`,
  ]);
  await client.query(statements.join(";"));
  await client.query(
    `alter table velvet.checkpoint drop constraint if exists checkpoint_previous_key;
     alter table velvet.checkpoint add constraint checkpoint_previous_key unique (previous)`,
  );
}

async function attemptOn(server: TestServer, name: string, record: Made, tampering: Tampering): Promise<Trial> {
  const { chain, first, checkpoints } = record;
  const last = checkpoints.at(-1);
  const { given, found } = tampering;
  const url = urlOf(server, "velvet_auditor", name);
  const trusted = {
    ...(given === "published" && last ? { published: publishedText(last, SIGNER.key) } : {}),
    ...(given === "public key" ? { publicKey: SIGNER.key } : {}),
  };
  const report = await verifyAudit(url, trusted);
  const exported = await verifiedExport(url, trusted);
  if (!found) return { tampering, record, report, exported };
  const seq = typeof found.seq === "number" ? found.seq : found.seq(record);
  const place = found.chain === "first" ? first : (found.chain ?? chain);
  return { tampering, record, report, exported, expected: { chain: place, seq, kind: found.kind } };
}

async function verifiedExport(url: string, trusted: Trusted): Promise<AuditReport> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-tamper-"));
  try {
    const lines: string[] = [];
    await exportAudit(url, {}, async (text) => void lines.push(text));
    await writeFile(join(folder, "record.jsonl"), lines.join(""));
    return await verifyFile(join(folder, "record.jsonl"), trusted);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
