/** Holds what was published against the ledger. A ledger that lacks it was restored from before, or is another one. */
import { type Db, statement } from "../ledger/db.ts";
import type { Hold, HoldReason } from "../ledger/holds.ts";
import { type Found, readPublished } from "./file.ts";
import { keysOf, keyUnder } from "./keys.ts";
import { chainHeads, type Checkpoint, isSignedBy, type Published, type Signer, storedCheckpoint } from "./statement.ts";

const COMPARE_CHECKPOINT = statement("compare_checkpoint");

/** What the ledger knows. */
export interface LedgerSide {
  /** The public keys of its checkpoints, the first one first; none before its first start. */
  readonly keys: readonly string[];
  /** A key was changed without the one before it. */
  readonly broken: boolean;
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
  readonly handovers: readonly { readonly canonical: string; readonly signature: string }[] | null;
}

/** The file first: what is published is in the ledger before. */
export async function compare(db: Pick<Db, "query">, file: string, signer: Signer): Promise<Comparison> {
  return compareFound(db, await readPublished(file), file, signer);
}

/** What was found at a place, whose name people are told. */
export async function compareFound(
  db: Pick<Db, "query">,
  found: Found,
  place: string,
  signer: Signer,
): Promise<Comparison> {
  const hash = found.kind === "text" ? Buffer.from(found.hash, "hex") : null;
  const [row] = await db.query<CompareRow>(COMPARE_CHECKPOINT, [hash]);
  if (row === undefined) throw new Error("the ledger tells nothing of its checkpoints");
  const ledger = ledgerSide(row);
  const hold = judge(found, ledger, place, signer);
  return { found, ledger, ...(hold === undefined ? {} : { hold }) };
}

function ledgerSide({ key, known, replaced, canonical, signature, handovers }: CompareRow): LedgerSide {
  const changes = (handovers ?? []).map((each) =>
    storedCheckpoint(Buffer.from(each.canonical, "hex"), Buffer.from(each.signature, "hex")),
  );
  const keys = key === null ? { keys: [], broken: false } : keysOf(key, changes);
  return {
    ...keys,
    known,
    replaced,
    ...(canonical && signature ? { last: storedCheckpoint(canonical, signature) } : {}),
  };
}

/** Pure. The first line that matches wins. */
export function judge(found: Found, ledger: LedgerSide, file: string, signer: Signer): Hold | undefined {
  const forged = judgeLedger(ledger, signer);
  if (forged !== undefined) return forged;
  if (found.kind === "absent" || (found.kind === "text" && ledger.replaced)) return undefined;
  if (found.kind === "unreadable") {
    return held("CheckpointUnreadable", `The published checkpoint ${file} cannot be read (${found.code}).`, {});
  }
  const { published, hash } = found;
  if (published === undefined)
    return held("CheckpointForged", `${file} holds no checkpoint: it was changed.`, { hash });
  return judgePublished(published, ledger, file, signer);
}

function judgeLedger({ keys, broken, last }: LedgerSide, signer: Signer): Hold | undefined {
  if (keys.length === 0) return undefined;
  if (broken) {
    return held(
      "CheckpointForged",
      "The ledger names a new key for its checkpoints that the one before did not sign.",
      {},
    );
  }
  const now = keys.at(-1);
  if (!keys.includes(signer.key) && !signer.before.some(({ key }) => key === now)) {
    return held("CheckpointForged", otherKey(now, signer), {});
  }
  if (last === undefined || isSignedBy(keyUnder(last, keys), last)) return undefined;
  const message = "The ledger's last checkpoint is not signed by this install's key: somebody else wrote it.";
  return held("CheckpointForged", message, { hash: last.hash });
}

/** A key-encryption key that was retired too early is the likely cause, and is told by its number. */
function otherKey(now: string | undefined, { key }: Signer): string {
  const [signs = "", own = ""] = [now?.split(":")[0], key.split(":")[0]];
  const said = "The ledger names another key for its checkpoints than this install has.";
  if (!/^k\d+$/.test(signs) || signs === own) return said;
  return `${said} That one follows from the key-encryption key ${signs}: put it back into its place in VELVET_KEK_PREVIOUS, until the next key has signed after it.`;
}

function judgePublished(published: Published, ledger: LedgerSide, file: string, signer: Signer): Hold | undefined {
  const { origin, size, at, heads } = published.statement;
  const said = { hash: published.hash, size, at, heads };
  if (origin !== signer.origin) {
    const message = `The published checkpoint ${file} is of the install ${origin}, and this one is ${signer.origin}.`;
    return held("CheckpointForeign", message, said);
  }
  const ours = [...ledger.keys, signer.key, ...signer.before.map(({ key }) => key)];
  if (!ours.some((key) => isSignedBy(key, published))) {
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
