/** A small record of the kind that a controller leaves behind, made by the controller's own code. */
import { randomBytes, randomUUID } from "node:crypto";
import { Client } from "pg";
import { Secret } from "../../adapters/secret.ts";
import { closeInterval } from "../../controller/checkpoints/close.ts";
import { type Checkpoint, signerOf } from "../../controller/checkpoints/statement.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { type ChainHead, chainRow } from "../../controller/ledger/audit.ts";
import { type Db, ledgerOf, openPool } from "../../controller/ledger/db.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { actorOf, wordsOf } from "../../controller/ledger/words.ts";
import type { TestServer } from "../support/server.ts";

const KEYS = keyRing(Secret.from(Buffer.alloc(32, 9).toString("base64")));
export const SIGNER = signerOf("eu-1", KEYS);
export const OTHER = signerOf("eu-1", keyRing(Secret.from(Buffer.alloc(32, 8).toString("base64"))));
/** Of each rotation. */
export const ROWS = 6;

/** A ledger with three rotations of six rows, of which the first checkpoint saw four, the second five, and the third all. */
export interface Record {
  readonly client: Client;
  readonly db: Db;
  /** The rotation that is tampered with; the two others are beside it. */
  readonly chain: string;
  /** The first one beside it. */
  readonly first: string;
  readonly checkpoints: readonly Checkpoint[];
  /** A row of its own making, with a right hash after this one. */
  forged(after: number, facts?: object): Promise<{ canonical: Buffer; hash: Buffer }>;
}

export type Made = Pick<Record, "chain" | "first" | "checkpoints">;

export async function withRecord(
  server: TestServer,
  name: string,
  known: Made,
  work: (record: Record) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl(server.superuserUrl, name) });
  await client.connect();
  const pool = openPool(
    { connectionString: urlOf(server, "velvet_owner", name), max: 2, applicationName: "test" },
    () => undefined,
  );
  try {
    // Triggers are for those who keep to them.
    await client.query("set session_replication_role = replica");
    const forged: Record["forged"] = async (after, facts = {}) => {
      const { rows } = await client.query<{ hash: Buffer }>(
        "select hash from velvet.audit where chain = $1 and seq = $2",
        [known.chain, after],
      );
      const head = { chain: known.chain, seq: after, hash: rows[0]?.hash ?? Buffer.alloc(0) };
      return chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: "Forged", ...facts });
    };
    await work({ client, db: ledgerOf(pool), forged, ...known });
  } finally {
    await client.end();
    await pool.end();
  }
}

export async function makeRecord(server: TestServer, name: string): Promise<Made> {
  const chains = ["1", "2", "3"].map((digit) => `${digit.repeat(8)}${randomUUID().slice(8)}`);
  const heads = new Map<string, ChainHead>();
  const checkpoints: Checkpoint[] = [];
  await withRecord(server, name, { chain: "", first: "", checkpoints }, async ({ client, db }) => {
    await ensureInstall(db, { id: "eu-1", environment: "test" }, KEYS);
    const grow = async (chain: string, to: number) => {
      for (let head = heads.get(chain) ?? { chain, seq: 0, hash: Buffer.alloc(0) }; head.seq < to;) {
        head = await addRow(client, db, head);
        heads.set(chain, head);
      }
    };
    for (const to of [4, 5, ROWS]) {
      for (const chain of chains) await grow(chain, to);
      const closed = await db.transaction(async (tx) => closeInterval(tx, SIGNER));
      if (closed) checkpoints.push(closed);
    }
  });
  return { chain: chains[1] ?? "", first: chains[0] ?? "", checkpoints };
}

/** The second row of a chain is of a person, with a ticket. */
async function addRow(client: Client, db: Db, head: ChainHead): Promise<ChainHead> {
  const second = head.seq === 1;
  const person = second
    ? { decidedBy: await actorOf(db, "ana", randomBytes), ticket: wordsOf("OPS-1", randomBytes) }
    : {};
  const row = chainRow(head, { at: "2026-01-01T00:00:00.000Z", event: `Step${head.seq + 1}`, ...person });
  const { chain } = head;
  await client.query("insert into velvet.audit (chain, seq, canonical, hash) values ($1, $2, $3, $4)", [
    chain,
    row.seq,
    row.canonical,
    row.hash,
  ]);
  for (const { seq, field, salt, text } of row.words)
    await client.query("insert into velvet.audit_words (chain, seq, field, salt, text) values ($1, $2, $3, $4, $5)", [
      chain,
      seq,
      field,
      Buffer.from(salt, "base64"),
      text,
    ]);
  await client.query(
    `insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
       snapshot_hash, chain_seq, chain_hash, ended_at)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'n', 'r', 'c', 'Operational', 'Alive', 'done', '{"request": {}}', '', $2, $3, now())
     on conflict (id) do update set chain_seq = excluded.chain_seq, chain_hash = excluded.chain_hash`,
    [chain, row.seq, row.hash],
  );
  return { chain, seq: row.seq, hash: row.hash };
}

export async function atPostgres(server: TestServer, statement: string): Promise<void> {
  const client = new Client({ connectionString: server.superuserUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export function urlOf(server: TestServer, role: keyof TestServer["passwords"], database: string): string {
  return `postgres://${role}:${server.passwords[role]}@${server.host}:${server.port}/${database}`;
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
