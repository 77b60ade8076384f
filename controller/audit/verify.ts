/**
 * The independent verifier of the audit chains and their checkpoints: another driver than the controller's, a role that may only read,
 * and no code shared with what writes them. What a superuser rewrote consistently, chains, heads and checkpoints together, only a
 * checkpoint that was published elsewhere can show.
 */
import postgres from "postgres";
import { ChainWalk, type Fault as ChainFault, type Head } from "./chain.ts";
import type { CheckpointFault, HeadFault } from "./checkpoint.ts";
import { type CheckpointReport, verifyCheckpoints } from "./verify-checkpoints.ts";

export type Fault = ChainFault | CheckpointFault | HeadFault;

export interface AuditReport {
  readonly ok: boolean;
  readonly chains: number;
  readonly rows: number;
  /** The first bad row of each broken chain, by chain; then the first bad checkpoint. */
  readonly faults: readonly Fault[];
  readonly checkpoints: CheckpointReport;
}

export interface VerifyOptions {
  /** The text of a published checkpoint. */
  readonly published?: string;
}

/** What is asked, here and not in the controller's `queries/`, so that the verifier can be read alone. */
const HEADS = `
  select id::text as chain, chain_seq::text as seq, encode(chain_hash, 'hex') as hash from velvet.rotation
  union all
  select 'install', facts ->> 'seq', facts ->> 'hash' from velvet.lease where name = 'install-chain'`;
const ROWS = `select chain, seq::text as seq, canonical, hash from velvet.audit order by chain collate "C", velvet.audit.seq`;
const BATCH = 2_000;

/**
 * Verifies every chain and checkpoint of the ledger at `url` in one snapshot; memory stays flat. Needs select on audit, checkpoints,
 * lease, the rotations' heads, and the install's name and checkpoint key.
 */
export async function verifyAudit(url: string, options: VerifyOptions = {}): Promise<AuditReport> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => undefined,
    connection: { application_name: "velvet audit verify" },
  });
  try {
    return await sql.begin("isolation level repeatable read read only", async (tx) => {
      const heads = new Map<string, Head>();
      for (const { chain, seq, hash } of await tx.unsafe<HeadRow[]>(HEADS)) {
        heads.set(chain, { seq: Number(seq), hash: Buffer.from(hash, "hex") });
      }
      const count = new Tally(heads);
      for await (const rows of tx.unsafe<AuditRow[]>(ROWS).cursor(BATCH)) rows.forEach((row) => count.row(row));
      const chains = count.report();
      const { report, faults } = await verifyCheckpoints(tx, options.published);
      const all = together(chains.faults, faults);
      return { ...chains, ok: all.length === 0, faults: all, checkpoints: report };
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** A chain that shows by itself what is wrong is not said again by a checkpoint. */
function together(chains: readonly ChainFault[], faults: readonly (CheckpointFault | HeadFault)[]): Fault[] {
  const broken = new Set(chains.map(({ chain }) => chain));
  const rows = [...chains, ...faults.filter(({ chain }) => chain !== "checkpoint" && !broken.has(chain))];
  const sorted = rows.toSorted((a, b) => (a.chain < b.chain ? -1 : 1));
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
}

/** Takes rows chain after chain, and at the end the heads of chains without any row. */
class Tally {
  readonly #heads: ReadonlyMap<string, Head>;
  readonly #seen = new Set<string>();
  readonly #faults: ChainFault[] = [];
  #walk: ChainWalk | undefined;
  #rows = 0;

  constructor(heads: ReadonlyMap<string, Head>) {
    this.#heads = heads;
  }

  row({ chain, seq, canonical, hash }: AuditRow): void {
    if (this.#walk?.chain !== chain) this.#begin(chain);
    this.#walk?.next({ seq: Number(seq), canonical, hash });
    this.#rows++;
  }

  report(): { chains: number; rows: number; faults: readonly ChainFault[] } {
    for (const chain of this.#heads.keys()) if (!this.#seen.has(chain)) this.#begin(chain);
    if (!this.#heads.has("install")) this.#begin("install");
    this.#finish();
    return { chains: this.#seen.size, rows: this.#rows, faults: this.#faults };
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
