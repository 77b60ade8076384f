import { appendInstallAudit } from "../ledger/audit.ts";
import { type Db, statement } from "../ledger/db.ts";
import type { SourceFailure } from "./failure.ts";
import type { SourceLook } from "./look.ts";

const SOURCE_ROW = statement("source_row");
const RECORD_LOOK = statement("record_look");
const FAIL_SOURCE = statement("fail_source");
const ACCEPT_HISTORY = statement("accept_history");

/** How the last look at a source went. */
export interface SourceRow {
  /** Git: the last commit that was applied. */
  readonly cursor: string | null;
  /** True once the source was synced on this ledger. */
  readonly baseline: boolean;
  readonly ready: boolean;
  /** `Synced`, `SyncedWithProblems`, `NotSynced`, `HistoryAccepted`, or a `SourceFailure`'s reason. */
  readonly reason: string;
  readonly message: string;
  /** The last look that succeeded. */
  readonly syncedAt: Date | null;
  /** Since when reason and message are as they are. */
  readonly changedAt: Date;
}

export async function readSource(db: Db, name: string): Promise<SourceRow | undefined> {
  const [row] = await db.query<SourceRow>(SOURCE_ROW, [name]);
  return row;
}

/** The source was looked at, and was as the ledger has it. */
export async function touchSource(db: Db, name: string): Promise<void> {
  await db.query(RECORD_LOOK, [name, null, true]);
}

/** The source could not be looked at. Writes only when that is news, so that `changedAt` says since when. */
export async function failSource(
  db: Db,
  source: { readonly name: string; readonly kind: SourceLook["kind"] },
  failure: SourceFailure,
): Promise<void> {
  await db.query(FAIL_SOURCE, [source.name, source.kind, failure.reason, `${failure.message} ${failure.remedy}`]);
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * The operator's way out of `HistoryRewritten`: the commit (all its digits, as the source's message names it) counts as the last one that
 * was applied, so that the next look takes it and what descends from it. Recorded in the audit chain. Returns false when the source does
 * not stand at `HistoryRewritten`.
 */
export async function acceptHistory(db: Db, source: string, commit: string): Promise<boolean> {
  if (!COMMIT.test(commit)) throw new RangeError("a commit is named by all its 40 or 64 hexadecimal digits");
  return db.transaction(async (tx) => {
    const before = await readSource(tx, source);
    const rows = await tx.query(ACCEPT_HISTORY, [source, commit]);
    if (rows.length === 0) return false;
    await appendInstallAudit(tx, [{ event: "HistoryAccepted", source, commit, previous: before?.cursor ?? null }]);
    return true;
  });
}
