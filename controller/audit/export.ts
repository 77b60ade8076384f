/** Writes the record as JSON lines, in one snapshot, with the verifier's role. Memory stays flat, whatever there is. */
import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import type { TransactionSql } from "postgres";
import { readOnly } from "./connection.ts";
import { type ChainLine, FORMAT, type HeaderLine, type Line } from "./export-format.ts";
import type { StoredWords } from "./words.ts";

export interface Period {
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
}

export interface Exported {
  readonly rows: number;
  readonly chains: number;
  readonly checkpoints: number;
}

const BATCH = 1_000;
const INSTALL = `select id, checkpoint_key as key, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from velvet.install`;
const ACTORS = `select encode(id, 'hex') as id, encode(salt, 'hex') as salt, name from velvet.actor order by id`;
/** $1 since, $2 until. A rotation's chain is taken whole as soon as one of its rows is of the period; of the install's only those rows. */
const IN_PERIOD = `
  with wanted as (
    select distinct chain from velvet.audit where at >= $1::text::timestamptz and at < $2::text::timestamptz
  ), rows as (
    select a.chain, a.seq, a.canonical, a.hash from velvet.audit a join wanted using (chain)
     where a.chain <> 'install' or (a.at >= $1::text::timestamptz and a.at < $2::text::timestamptz)
  ), sealing as (
    select size from velvet.checkpoint where at >= $1::text::timestamptz
       and size <= coalesce((select min(size) from velvet.checkpoint where at >= $2::text::timestamptz), 9223372036854775807)
  ), seals as (
    select h.chain, h.seq, h.size, h.hash as seal from velvet.checkpoint_head h join sealing using (size)
  )`;
/** Null in \`hash\`: no such row. Null in \`head\`: nobody owns the chain. */
const ROWS = `${IN_PERIOD}, owned as (
    select id::text as chain, chain_seq as seq, encode(chain_hash, 'hex') as hash from velvet.rotation
    union all
    select 'install', (facts ->> 'seq')::bigint, facts ->> 'hash' from velvet.lease where name = 'install-chain'
  ), heads as (
    select o.* from owned o where o.chain in (select chain from wanted) or ($1::text = '-infinity' and $2::text = 'infinity')
  ), points as (
    select coalesce(r.chain, s.chain) as chain, coalesce(r.seq, s.seq) as seq, r.canonical, r.hash, s.size, s.seal
      from rows r full join seals s on s.chain = r.chain and s.seq = r.seq
  )
  select coalesce(p.chain, h.chain) as chain, p.seq::text as seq, p.canonical, p.hash, p.size::text as size, p.seal,
         w.words, h.seq::text as head, h.hash as head_hash, x.chain is not null as wanted
    from points p
    full join heads h on h.chain = p.chain
    left join wanted x on x.chain = p.chain
    left join (select chain, seq, json_agg(json_build_object('field', field, 'salt', encode(salt, 'hex'), 'text', text) order by field) as words
                 from velvet.audit_words group by chain, seq) w on w.chain = p.chain and w.seq = p.seq
   order by coalesce(p.chain, h.chain) collate "C", p.seq`;
/** Where the install's rows of the period begin, and what they continue. */
const BEGINS = `
  select f.seq::text as seq, encode(b.hash, 'hex') as before
    from (select min(seq) as seq from velvet.audit where chain = 'install' and at >= $1::text::timestamptz and at < $2::text::timestamptz) f
    left join velvet.audit b on b.chain = 'install' and b.seq = f.seq - 1`;
const CHECKPOINTS = `
  select size::text as size, canonical, signature, at < $1::text::timestamptz as handover from velvet.checkpoint
   where (at >= $1::text::timestamptz and size <= coalesce((select min(size) from velvet.checkpoint where at >= $2::text::timestamptz), 9223372036854775807))
      or (at < $1::text::timestamptz and next_key is not null)
   order by velvet.checkpoint.size`;

/** `write` resolves when it may go on. Throws what the driver throws. */
export async function exportAudit(
  url: string,
  { since, until }: Period,
  write: (text: string) => Promise<void>,
): Promise<Exported> {
  return readOnly(url, async (tx) => {
    const lines = new Lines(write);
    const partial = since !== undefined || until !== undefined;
    const limits = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
    await lines.add({ ...(await headerOf(tx)), ...limits });
    for await (const actors of tx.unsafe<ActorRow[]>(ACTORS).cursor(BATCH))
      for (const { id, salt, name } of actors)
        await lines.add({ actor: salt === null || name === null ? { id } : { id, salt, name } });
    const period = [since ?? "-infinity", until ?? "infinity"];
    const counted = await exportChains(tx, period, partial, lines);
    const checkpoints = await exportCheckpoints(tx, period, lines);
    await lines.end();
    return { ...counted, checkpoints };
  });
}

async function headerOf(tx: TransactionSql): Promise<HeaderLine> {
  const [install] = await tx.unsafe<{ id: string; key: string | null; at: string }[]>(INSTALL);
  const { id = "", key = null, at = "" } = install ?? {};
  return { audit: FORMAT, install: id, ...(key === null ? {} : { key }), at };
}

interface ActorRow {
  readonly id: string;
  readonly salt: string | null;
  readonly name: string | null;
}

/** A row, a seal, both, or only the head of a chain without either. */
interface PointRow {
  readonly chain: string;
  readonly seq: string | null;
  readonly canonical: Buffer | null;
  readonly hash: Buffer | null;
  readonly size: string | null;
  readonly seal: Buffer | null;
  readonly words: { readonly field: string; readonly salt: string | null; readonly text: string | null }[] | null;
  readonly head: string | null;
  readonly head_hash: string | null;
  readonly wanted: boolean;
}

async function exportChains(
  tx: TransactionSql,
  period: readonly string[],
  partial: boolean,
  lines: Lines,
): Promise<{ rows: number; chains: number }> {
  const [begins] = partial ? await tx.unsafe<Begins[]>(BEGINS, [...period]) : [];
  let chain: string | undefined;
  let [rows, chains] = [0, 0];
  for await (const found of tx.unsafe<PointRow[]>(ROWS, [...period]).cursor(BATCH)) {
    for (const point of found) {
      if (point.chain !== chain) {
        chain = point.chain;
        chains++;
        await lines.add(chainLine(point, partial, begins));
      }
      if (point.hash !== null) rows++;
      await exportPoint(point, lines);
    }
  }
  return { rows, chains };
}

interface Begins {
  readonly seq: string | null;
  readonly before: string | null;
}

/** Of a period the install's chain is a piece. */
function chainLine({ chain, wanted, head, head_hash }: PointRow, partial: boolean, begins: Begins | undefined): Line {
  if (partial && !wanted) return { chain };
  const own = head === null ? null : { seq: Number(head), hash: head_hash ?? "" };
  return { chain, head: own, ...(chain === "install" ? afterOf(begins) : {}) };
}

function afterOf(begins: Begins | undefined): Pick<ChainLine, "after"> {
  if (begins === undefined || begins.seq === null || begins.before === null) return {};
  return { after: { seq: Number(begins.seq) - 1, hash: begins.before } };
}

async function exportPoint({ seq, canonical, hash, size, seal, words }: PointRow, lines: Lines): Promise<void> {
  const row = Number(seq);
  if (canonical !== null && hash !== null) {
    const bytes = isUtf8(canonical)
      ? { canonical: canonical.toString("utf8") }
      : { base64: canonical.toString("base64") };
    await lines.add({
      row,
      ...bytes,
      hash: hash.toString("hex"),
      ...(words === null ? {} : { words: words.map(present) }),
    });
  }
  if (size !== null && seal !== null) await lines.add({ seal: Number(size), row, hash: seal.toString("hex") });
}

function present({ field, salt, text }: NonNullable<PointRow["words"]>[number]): StoredWords {
  return salt === null || text === null ? { field } : { field, salt, text };
}

interface CheckpointRow {
  readonly size: string;
  readonly canonical: Buffer;
  readonly signature: Buffer;
  readonly handover: boolean;
}

async function exportCheckpoints(tx: TransactionSql, period: readonly string[], lines: Lines): Promise<number> {
  let count = 0;
  for await (const found of tx.unsafe<CheckpointRow[]>(CHECKPOINTS, [...period]).cursor(BATCH)) {
    for (const { size, canonical, signature, handover } of found) {
      count++;
      const said = { canonical: canonical.toString("utf8"), signature: signature.toString("base64") };
      await lines.add({ checkpoint: Number(size), ...said, ...(handover ? { handover: true } : {}) });
    }
  }
  return count;
}

class Lines {
  readonly #write: (text: string) => Promise<void>;
  readonly #hash = createHash("sha256");
  #count = 0;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  async add(line: Line): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    this.#hash.update(text);
    this.#count++;
    await this.#write(text);
  }

  async end(): Promise<void> {
    await this.#write(`${JSON.stringify({ end: { lines: this.#count, sha256: this.#hash.digest("hex") } })}\n`);
  }
}
