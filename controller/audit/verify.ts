/**
 * The independent verifier of the audit chains and their checkpoints: another driver than the controller's, a role that may only read,
 * and no code shared with what writes them. What a superuser rewrote consistently, chains, heads and checkpoints together, only a
 * checkpoint that was published elsewhere can show.
 */
import type { TransactionSql } from "postgres";
import { readOnly } from "./connection.ts";
import { ChainWalk, type Fault as ChainFault, type Head } from "./chain.ts";
import type { CheckpointFault, HeadFault } from "./checkpoint.ts";
import { type CheckpointReport, type Trusted, verifyCheckpoints } from "./verify-checkpoints.ts";
import { type StoredWords, WordsCheck, type WordsFault } from "./words.ts";

export type Fault = ChainFault | WordsFault | CheckpointFault | HeadFault;

export interface AuditReport {
  readonly ok: boolean;
  readonly chains: number;
  readonly rows: number;
  /** The first bad row of each broken chain, by chain; then the first bad checkpoint. */
  readonly faults: readonly Fault[];
  readonly checkpoints: CheckpointReport;
}

export type VerifyOptions = Trusted;

/** What is asked, here and not in the controller's `queries/`, so that the verifier can be read alone. */
const HEADS = `
  select id::text as chain, chain_seq::text as seq, encode(chain_hash, 'hex') as hash from velvet.rotation
  union all
  select 'install', facts ->> 'seq', facts ->> 'hash' from velvet.lease where name = 'install-chain'`;
const ROWS = `
  select a.chain, a.seq::text as seq, a.canonical, a.hash, w.words
    from velvet.audit a
    left join (select chain, seq, json_agg(json_build_object('field', field, 'salt', encode(salt, 'hex'), 'text', text)) as words
                 from velvet.audit_words group by chain, seq) w on w.chain = a.chain and w.seq = a.seq
   order by a.chain collate "C", a.seq`;
/** A ledger from before names and texts stood beside the chains. */
const ROWS_ALONE = `select chain, seq::text as seq, canonical, hash, null as words from velvet.audit order by chain collate "C", velvet.audit.seq`;
const WORDS_THERE = `select to_regclass('velvet.audit_words') is not null as there`;
const ACTORS = `select encode(id, 'hex') as id, encode(salt, 'hex') as salt, name from velvet.actor`;
const ORPHANS = `
  select chain, seq::text as seq, field from velvet.audit_words w
   where not exists (select from velvet.audit a where a.chain = w.chain and a.seq = w.seq)
   order by chain collate "C", w.seq, field limit 1000`;
const BATCH = 2_000;

/**
 * Verifies every chain and checkpoint of the ledger at `url` in one snapshot, and what people said beside them. Memory stays flat, but for
 * an entry for each chain's head, person and erased text. Needs select on audit, audit_words, actor, checkpoints, lease, the rotations'
 * heads, and the install's name and checkpoint key.
 */
export async function verifyAudit(url: string, options: VerifyOptions = {}): Promise<AuditReport> {
  return readOnly(url, async (tx) => {
    const count = new Tally(await headsOf(tx));
    const [words] = await tx.unsafe<{ there: boolean }[]>(WORDS_THERE);
    if (words?.there === true)
      for await (const rows of tx.unsafe<ActorRow[]>(ACTORS).cursor(BATCH)) rows.forEach((row) => count.actor(row));
    const rows = words?.there === true ? ROWS : ROWS_ALONE;
    for await (const found of tx.unsafe<AuditRow[]>(rows).cursor(BATCH)) found.forEach((row) => count.row(row));
    if (words?.there === true) (await tx.unsafe<OrphanRow[]>(ORPHANS)).forEach((row) => count.orphan(row));
    const chains = count.report();
    const { report, faults } = await verifyCheckpoints(tx, options);
    const all = together(chains.faults, chains.words, faults);
    const { chains: many, rows: seen } = chains;
    return { ok: all.length === 0, chains: many, rows: seen, faults: all, checkpoints: report };
  });
}

async function headsOf(tx: TransactionSql): Promise<Map<string, Head>> {
  const heads = new Map<string, Head>();
  for (const { chain, seq, hash } of await tx.unsafe<HeadRow[]>(HEADS)) {
    heads.set(chain, { seq: Number(seq), hash: Buffer.from(hash, "hex") });
  }
  return heads;
}

/** A chain that shows by itself what is wrong is not said again by a checkpoint, nor are its words. */
export function together(
  chains: readonly ChainFault[],
  words: readonly WordsFault[],
  faults: readonly (CheckpointFault | HeadFault)[],
): Fault[] {
  const broken = new Set(chains.map(({ chain }) => chain));
  const heads = faults.filter(({ chain }) => chain !== "checkpoint" && !broken.has(chain));
  const beside = words.filter(({ chain }) => !broken.has(chain) && !heads.some((head) => head.chain === chain));
  const sorted = [...chains, ...heads, ...beside].toSorted((a, b) => (a.chain < b.chain ? -1 : 1));
  return [...sorted, ...faults.filter(({ chain }) => chain === "checkpoint")];
}

interface HeadRow {
  readonly chain: string;
  readonly seq: string;
  readonly hash: string;
}

interface AuditRow {
  readonly chain: string;
  readonly seq: string;
  readonly canonical: Buffer;
  readonly hash: Buffer;
  readonly words: readonly StoredWords[] | null;
}

interface ActorRow {
  readonly id: string;
  readonly salt: string | null;
  readonly name: string | null;
}

interface OrphanRow {
  readonly chain: string;
  readonly seq: string;
  readonly field: string;
}

/** Takes rows chain after chain, and at the end the heads of chains without any row. */
class Tally {
  readonly #heads: ReadonlyMap<string, Head>;
  readonly #seen = new Set<string>();
  readonly #faults: ChainFault[] = [];
  readonly #words = new WordsCheck();
  #walk: ChainWalk | undefined;
  #rows = 0;

  constructor(heads: ReadonlyMap<string, Head>) {
    this.#heads = heads;
  }

  actor({ id, salt, name }: ActorRow): void {
    this.#words.actor(salt === null || name === null ? { id } : { id, salt, name });
  }

  row({ chain, seq, canonical, hash, words }: AuditRow): void {
    if (this.#walk?.chain !== chain) this.#begin(chain);
    const members = this.#walk?.next({ seq: Number(seq), canonical, hash });
    if (members !== undefined) this.#words.row(chain, Number(seq), members, words ?? []);
    this.#rows++;
  }

  /** A text without an audit row. */
  orphan({ chain, seq, field }: OrphanRow): void {
    this.#words.inserted({ chain, seq: Number(seq), field });
  }

  report(): { chains: number; rows: number; faults: readonly ChainFault[]; words: readonly WordsFault[] } {
    for (const chain of this.#heads.keys()) if (!this.#seen.has(chain)) this.#begin(chain);
    if (!this.#heads.has("install")) this.#begin("install");
    this.#finish();
    return { chains: this.#seen.size, rows: this.#rows, faults: this.#faults, words: this.#words.end() };
  }

  #begin(chain: string): void {
    this.#finish();
    this.#seen.add(chain);
    this.#walk = new ChainWalk(chain, this.#heads.get(chain));
  }

  #finish(): void {
    const fault = this.#walk?.end();
    if (fault !== undefined) this.#faults.push(fault);
    this.#walk = undefined;
  }
}
