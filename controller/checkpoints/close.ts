/** Closes an interval: one checkpoint over every chain that grew since the one before. */
import { type Db, statement } from "../ledger/db.ts";
import { type Head, merkleRoot } from "./merkle.ts";
import { appendInstallAudit } from "../ledger/audit.ts";
import { type Checkpoint, signed, type Statement, storedCheckpoint } from "./statement.ts";
import type { Signing } from "./keys.ts";

const LAST_CHECKPOINT = statement("last_checkpoint");
/** Without a name it is planned anew each time: only with the time in hand does the server see that it is about few rows. */
const GROWN_CHAINS = { ...statement("grown_chains"), name: "" };
const ADD_CHECKPOINT = statement("add_checkpoint");

interface LastRow {
  readonly now: string;
  readonly since: string;
  readonly size: number;
  readonly canonical: Buffer | null;
  readonly signature: Buffer | null;
}

interface GrownRow extends Head {
  /** Since the chain's last head in a checkpoint. */
  readonly rows: number;
}

/**
 * Inside the caller's transaction. Nothing where nothing grew. Takes no lock: two who close at once collide on `previous`, and the second
 * transaction fails. `replaces` are hashes of published checkpoints that a person gave up. Where the key has changed, the old one signs this
 * one and names the new one.
 */
export async function closeInterval(
  tx: Db,
  signing: Signing,
  replaces: readonly string[] = [],
): Promise<Checkpoint | undefined> {
  const [last] = await tx.query<LastRow>(LAST_CHECKPOINT);
  if (last === undefined) throw new Error("the ledger tells no time");
  const grown = await tx.query<GrownRow>(GROWN_CHAINS, [last.since]);
  if (grown.length === 0) return undefined;
  const before = last.canonical && last.signature ? storedCheckpoint(last.canonical, last.signature) : undefined;
  const { origin, nextKey } = signing;
  const known = { at: last.now, origin, previous: before?.hash ?? "", replaces, nextKey };
  const checkpoint = signed(next(last.size, grown, known), signing);
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
    nextKey ?? null,
  ]);
  return checkpoint;
}

/** As `closeInterval`, with an audit row about the change of the key: it is never put off until something happens. */
export async function handOver(tx: Db, signing: Signing): Promise<Checkpoint | undefined> {
  await appendInstallAudit(tx, [
    { event: "CheckpointKeyChanged", from: signing.key, to: signing.nextKey ?? signing.key },
  ]);
  return closeInterval(tx, signing);
}

type Known = Pick<Statement, "at" | "origin" | "previous"> & {
  readonly replaces: readonly string[];
  readonly nextKey: string | undefined;
};

function next(before: number, grown: readonly GrownRow[], { replaces, nextKey, ...known }: Known): Statement {
  return {
    ...known,
    size: grown.reduce((sum, { rows }) => sum + rows, before),
    root: merkleRoot(grown).toString("hex"),
    heads: grown.length,
    ...(replaces.length === 0 ? {} : { replaces }),
    ...(nextKey === undefined ? {} : { nextKey }),
  };
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}
