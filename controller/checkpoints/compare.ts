/** Holds what was published against the ledger. A ledger that lacks it was restored from before, or is another one. */
import { type Db, statement } from "../ledger/db.ts";
import type { Hold, HoldReason } from "../ledger/holds.ts";
import { type Found, readPublished } from "./file.ts";
import { chainHeads, type Checkpoint, isSignedBy, type Published, type Signer, storedCheckpoint } from "./statement.ts";

const COMPARE_CHECKPOINT = statement("compare_checkpoint");

/** What the ledger knows. */
export interface LedgerSide {
  /** The public key that it names; null before its first start. */
  readonly key: string | null;
  readonly last?: Checkpoint;
  /** It has the published one. */
  readonly known: boolean;
  /** It lacked the published one, and a person accepted that. */
  readonly replaced: boolean;
}

export interface Comparison {
  readonly found: Found;
  readonly ledger: LedgerSide;
  /** Why nothing may be started. */
  readonly hold?: Hold;
}

interface CompareRow {
  readonly key: string | null;
  readonly canonical: Buffer | null;
  readonly signature: Buffer | null;
  readonly known: boolean;
  readonly replaced: boolean;
}

/** The file first: what is published is in the ledger before. */
export async function compare(db: Pick<Db, "query">, file: string, signer: Signer): Promise<Comparison> {
  const found = await readPublished(file);
  const hash = found.kind === "text" ? Buffer.from(found.hash, "hex") : null;
  const [row] = await db.query<CompareRow>(COMPARE_CHECKPOINT, [hash]);
  if (row === undefined) throw new Error("the ledger tells nothing of its checkpoints");
  const ledger = ledgerSide(row);
  const hold = judge(found, ledger, file, signer);
  return { found, ledger, ...(hold === undefined ? {} : { hold }) };
}

function ledgerSide({ key, known, replaced, canonical, signature }: CompareRow): LedgerSide {
  return { key, known, replaced, ...(canonical && signature ? { last: storedCheckpoint(canonical, signature) } : {}) };
}

/** Pure. The first line that matches wins. */
export function judge(found: Found, ledger: LedgerSide, file: string, signer: Signer): Hold | undefined {
  if (ledger.key !== null && ledger.key !== signer.key) {
    return held("CheckpointForged", "The ledger names another key for its checkpoints than this install has.", {});
  }
  if (ledger.last !== undefined && !isSignedBy(signer.key, ledger.last)) {
    const message = "The ledger's last checkpoint is not signed by this install's key: somebody else wrote it.";
    return held("CheckpointForged", message, { hash: ledger.last.hash });
  }
  if (found.kind === "absent" || (found.kind === "text" && ledger.replaced)) return undefined;
  if (found.kind === "unreadable") {
    return held("CheckpointUnreadable", `The published checkpoint ${file} cannot be read (${found.code}).`, {});
  }
  const { published, hash } = found;
  if (published === undefined)
    return held("CheckpointForged", `${file} holds no checkpoint: it was changed.`, { hash });
  return judgePublished(published, ledger, file, signer);
}

function judgePublished(published: Published, ledger: LedgerSide, file: string, signer: Signer): Hold | undefined {
  const { origin, size, at, heads } = published.statement;
  const said = { hash: published.hash, size, at, heads };
  if (origin !== signer.origin) {
    const message = `The published checkpoint ${file} is of the install ${origin}, and this one is ${signer.origin}.`;
    return held("CheckpointForeign", message, said);
  }
  if (!isSignedBy(signer.key, published)) {
    const message = `The published checkpoint ${file} is not signed by this install's key: it was changed, or another install of the same name wrote it.`;
    return held("CheckpointForged", message, said);
  }
  return ledger.known ? undefined : held("LedgerRollback", behind(published, ledger, file), said);
}

function behind({ statement }: Published, { last }: LedgerSide, file: string): string {
  const { size, at, heads } = statement;
  const own = last
    ? `its own last is of ${last.statement.at}, over ${last.statement.size} rows`
    : "it has no checkpoint at all";
  return `The ledger is behind what was published: ${file} is of ${at}, over ${size} audit rows, with ${chainHeads(heads)} that this ledger lacks; ${own}.`;
}

function held(reason: HoldReason, message: string, published: Hold["published"]): Hold {
  return { reason, message, published };
}
