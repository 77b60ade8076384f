/** Reads the checkpoints for the independent verifier, in the snapshot that the chains are read in. */
import type { TransactionSql } from "postgres";
import {
  type CheckpointFault,
  CheckpointWalk,
  type HeadFault,
  headFault,
  type PublishedCheckpoint,
  readPublished,
  type WalkEnd,
} from "./checkpoint.ts";

export interface CheckpointReport {
  readonly count: number;
  /** The public key that the first one must be signed with: `<key id>:<32 bytes in base64>`. Absent before the first start. */
  readonly key?: string;
  /** Where the key was changed since: the one that signs now. */
  readonly keyNow?: string;
  readonly last?: { readonly size: number; readonly at: string };
  /** The published one that was given, where it is one. */
  readonly published?: { readonly size: number; readonly at: string; readonly found: "yes" | "given up" | "no" };
}

type AnyFault = CheckpointFault | HeadFault;

const THERE = `select to_regclass('velvet.checkpoint') is not null as there`;
const INSTALL = `select id, checkpoint_key as key from velvet.install`;
const CHECKPOINTS = `
  select c.size::text as size, c.canonical, c.signature, h.chain, h.seq::text as seq, h.hash, a.hash as row,
         case when a.hash is null then (select coalesce(max(seq), 0) from velvet.audit where chain = h.chain)::text end as last,
         exists (select from velvet.checkpoint p where p.hash = c.previous) as follows
    from velvet.checkpoint c
    left join velvet.checkpoint_head h on h.size = c.size
    left join velvet.audit a on a.chain = h.chain and a.seq = h.seq
   order by c.size, h.chain collate "C"`;
const PUBLISHED = `
  select exists (select from velvet.checkpoint where hash = $1) as known,
         exists (select from velvet.checkpoint where replaces @> array[$1::bytea]) as replaced`;
const BATCH = 2_000;

interface Row {
  readonly size: string;
  readonly canonical: Buffer;
  readonly signature: Buffer;
  readonly chain: string | null;
  readonly seq: string;
  readonly hash: Buffer;
  readonly row: Buffer | null;
  readonly last: string | null;
  readonly follows: boolean;
}

export interface Trusted {
  /** What was published, where it is given. */
  readonly published?: string;
  /** The first key, from elsewhere than the ledger. */
  readonly publicKey?: string;
}

export async function verifyCheckpoints(
  tx: TransactionSql,
  { published: text, publicKey }: Trusted,
): Promise<{ report: CheckpointReport; faults: AnyFault[] }> {
  const [schema] = await tx.unsafe<{ there: boolean }[]>(THERE);
  if (schema?.there !== true) return { report: { count: 0 }, faults: [] }; // a ledger from before there were any
  const said = await whoSigns(tx);
  const who = { ...said, key: publicKey ?? said.key };
  const { count, last, faults, key, keys } = await walkAll(tx, who);
  const { report: published, faults: more } =
    text === undefined ? NOTHING : await lookUp(tx, text, { id: who.id, keys: [...keys, key] });
  const report = {
    count,
    ...(who.key === "" ? {} : { key: who.key }),
    ...(key === who.key ? {} : { keyNow: key }),
    ...(last ? { last } : {}),
    ...(published ? { published } : {}),
  };
  return { report, faults: [...faults, ...more] };
}

type Who = Readonly<Record<"id" | "key", string>>;

/** Empty before the first start. */
async function whoSigns(tx: TransactionSql): Promise<Who> {
  const [install] = await tx.unsafe<{ id: string; key: string | null }[]>(INSTALL);
  return { id: install?.id ?? "", key: install?.key ?? "" };
}

async function walkAll(
  tx: TransactionSql,
  { id, key }: Who,
): Promise<Omit<WalkEnd, "faults"> & { readonly faults: readonly AnyFault[]; readonly keys: readonly string[] }> {
  const keys = new Set([key]);
  const walk = new CheckpointWalk(key, id);
  const heads = new Map<string, HeadFault>();
  let size = -1;
  for await (const rows of tx.unsafe<Row[]>(CHECKPOINTS).cursor(BATCH)) {
    for (const row of rows) {
      if (Number(row.size) !== size) {
        walk.next({ ...row, size: Number(row.size) });
        keys.add(walk.key);
      }
      size = Number(row.size);
      if (row.chain !== null) takeHead(walk, heads, { ...row, chain: row.chain });
    }
  }
  const end = walk.end();
  return { ...end, keys: [...keys], faults: [...heads.values(), ...end.faults] };
}

/** The first fault of each chain is kept. */
function takeHead(walk: CheckpointWalk, faults: Map<string, HeadFault>, row: Row & { readonly chain: string }): void {
  const { chain, hash } = row;
  const head = { size: Number(row.size), chain, seq: Number(row.seq), hash, last: Number(row.last) };
  walk.head(head);
  if (faults.has(chain)) return;
  const fault = headFault(row.row === null ? head : { ...head, row: row.row });
  if (fault !== undefined) faults.set(chain, fault);
}

interface LookedUp {
  readonly report?: NonNullable<CheckpointReport["published"]>;
  readonly faults: readonly CheckpointFault[];
}

const NOTHING: LookedUp = { faults: [] };

async function lookUp(
  tx: TransactionSql,
  text: string,
  { keys, id }: { readonly keys: readonly string[]; readonly id: string },
): Promise<LookedUp> {
  const published = readOrNone(text, keys, id);
  if (published === undefined)
    return { faults: [fault(0, "CheckpointForged", "the published file holds no checkpoint")] };
  if (!published.ours) {
    const why = "the published file is not signed by this install's key for this install";
    return { faults: [fault(published.size, "CheckpointForged", why)] };
  }
  const { size, at, hash } = published;
  const [row] = await tx.unsafe<{ known: boolean; replaced: boolean }[]>(PUBLISHED, [Buffer.from(hash)]);
  if (row?.known === true) return { report: { size, at, found: "yes" }, faults: [] };
  if (row?.replaced === true) return { report: { size, at, found: "given up" }, faults: [] };
  const why = `the published checkpoint of ${at}, of size ${size}, is not in the ledger: the ledger is behind it`;
  return { report: { size, at, found: "no" }, faults: [fault(size, "CheckpointMissing", why)] };
}

function readOrNone(text: string, keys: readonly string[], origin: string): PublishedCheckpoint | undefined {
  try {
    return readPublished(text, keys, origin);
  } catch {
    return undefined;
  }
}

function fault(seq: number, kind: CheckpointFault["kind"], message: string): CheckpointFault {
  return { chain: "checkpoint", seq, kind, message };
}
