/** A person gives up what was published and goes on with the ledger as it is. */
import { appendInstallAudit } from "../ledger/audit.ts";
import type { Db } from "../ledger/db.ts";
import { dropHolds, type HoldReason, type HeldCheckpoint } from "../ledger/holds.ts";
import { forgetRestored, listRestored } from "../ledger/restored.ts";
import { settleRestored } from "../ledger/settle-restored.ts";
import { actorOf, type Random, wordsOf } from "../ledger/words.ts";
import { closeInterval } from "./close.ts";
import { digestOf } from "./report.ts";
import type { Signing } from "./keys.ts";
import type { Checkpoint } from "./statement.ts";

/** One published checkpoint that is given up. */
export interface GivenUp {
  readonly place: string;
  readonly reason: HoldReason;
  readonly published: HeldCheckpoint & { readonly hash: string };
}

export interface Acceptance {
  readonly reason: string;
  readonly decidedBy: string;
  readonly ticket?: string;
  /** Digest of the report that was read. */
  readonly report: string;
}

/** The report is another one than what was read, by now. */
export class ReportChanged extends Error {
  override readonly name = "ReportChanged";
}

/**
 * All or nothing: the ledger is made to say what the report found, which is what was read (else `ReportChanged`). Who, why and what is given up
 * stand in the install's chain, and a new checkpoint over it says which ones it replaces. Controllers go on at their next look. Publishing is
 * the caller's.
 */
export async function acceptLedger(
  db: Db,
  signing: Signing,
  givenUp: readonly GivenUp[],
  acceptance: Acceptance,
  random: Random,
): Promise<Checkpoint> {
  const hashes = [...new Set(givenUp.map(({ published }) => published.hash))];
  const replaced = givenUp.map(({ place, reason, published }) => ({ place, reason, ...published }));
  return db.transaction(async (tx) => {
    const views = await listRestored(tx);
    if (digestOf(views) !== acceptance.report) throw new ReportChanged();
    const settled = await settleRestored(tx, views);
    await forgetRestored(tx);
    await dropHolds(
      tx,
      givenUp.map(({ place }) => place),
    );
    const { reason, decidedBy, ticket, report } = acceptance;
    const said = {
      decidedBy: await actorOf(tx, decidedBy, random),
      because: wordsOf(reason, random),
      ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
    };
    await appendInstallAudit(tx, [{ event: "LedgerAccepted", ...said, replaced, report }, ...settled]);
    const checkpoint = await closeInterval(tx, signing, hashes);
    if (checkpoint === undefined) throw new Error("the audit row of the acceptance is in no checkpoint");
    return checkpoint;
  });
}
