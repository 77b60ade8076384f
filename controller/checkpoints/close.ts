/** Closes an interval: one checkpoint over every chain that grew since the one before. */
import { type Db, statement } from "../ledger/db.ts";
import { type Head, merkleRoot } from "./merkle.ts";
import { type Checkpoint, signed, type Signer, type Statement, storedCheckpoint } from "./statement.ts";

const LAST_CHECKPOINT = statement("last_checkpoint");
const GROWN_CHAINS = statement("grown_chains");
const ADD_CHECKPOINT = statement("add_checkpoint");

interface LastRow {
  readonly now: string;
  readonly canonical: Buffer | null;
  readonly signature: Buffer | null;
}

interface GrownRow extends Head {
  /** Since the chain's last head in a checkpoint. */
  readonly rows: number;
}

/**
 * Inside the caller's transaction. Nothing where nothing grew. Takes no lock: two who close at once collide on `previous`, and the second
 * transaction fails. `replaces` are hashes of published checkpoints that a person gave up.
 */
export async function closeInterval(
  tx: Db,
  signer: Signer,
  replaces: readonly string[] = [],
): Promise<Checkpoint | undefined> {
  const [last] = await tx.query<LastRow>(LAST_CHECKPOINT);
  const grown = await tx.query<GrownRow>(GROWN_CHAINS);
  if (last === undefined || grown.length === 0) return undefined;
  const before = last.canonical && last.signature ? storedCheckpoint(last.canonical, last.signature) : undefined;
  const checkpoint = signed(next(before, grown, { at: last.now, origin: signer.origin, replaces }), signer);
  const { size, at, previous } = checkpoint.statement;
  await tx.query(ADD_CHECKPOINT, [
    size,
    at,
    checkpoint.canonical,
    bytes(checkpoint.hash),
    bytes(previous),
    checkpoint.signature,
    replaces.map(bytes),
    grown.map((head) => head.chain),
    grown.map((head) => head.seq),
    grown.map((head) => head.hash),
  ]);
  return checkpoint;
}

function next(
  before: Checkpoint | undefined,
  grown: readonly GrownRow[],
  { at, origin, replaces }: Pick<Statement, "at" | "origin"> & { readonly replaces: readonly string[] },
): Statement {
  return {
    origin,
    size: grown.reduce((sum, { rows }) => sum + rows, before?.statement.size ?? 0),
    root: merkleRoot(grown).toString("hex"),
    heads: grown.length,
    previous: before?.hash ?? "",
    at,
    ...(replaces.length === 0 ? {} : { replaces }),
  };
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}
