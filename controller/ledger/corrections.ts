/** Intent and outcome of the writes that put a place right again. */
import type { Who } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { CheckClaim } from "./drift.ts";

const LOCK = statement("lock_credential");
const BEGIN = statement("begin_correction");
const END = statement("end_correction");

export interface NewCorrection {
  readonly id: string;
  readonly place: string;
  /** Absent: the Credential's drift.mode. */
  readonly wantedBy?: Who;
  /** Of what stands there. */
  readonly digest: string;
  /** For so long its request can still take effect after it was given up. */
  readonly landsMs: number;
}

/** From here on no rotation begins until it has an outcome, or cannot land any more. False: a rotation was faster, or another replica. */
export async function beginCorrection(db: Db, claim: CheckClaim, correction: NewCorrection): Promise<boolean> {
  const { credential, fence, namespace, name } = claim;
  const { id, place, wantedBy, landsMs, digest } = correction;
  return db.transaction(async (tx) => {
    await tx.query(LOCK, [credential]);
    const who = wantedBy === undefined ? null : JSON.stringify(wantedBy);
    const rows = await tx.query(BEGIN, [credential, fence, id, place, who, landsMs, digest]);
    if (rows.length === 0) return false;
    const by = wantedBy === undefined ? {} : { decision: wantedBy.decision };
    await appendInstallAudit(tx, [
      { event: "CorrectionIntended", credential, namespace, name, place, correction: id, ...by },
    ]);
    return true;
  });
}

export interface CorrectionEnd {
  readonly outcome: "done" | "refused" | "unknown";
  readonly reason?: string;
  /** Of what the place holds now, where the sink tells. */
  readonly version?: string;
}

export async function endCorrection(
  db: Db,
  { credential, namespace, name }: CheckClaim,
  { id, place }: Pick<NewCorrection, "id" | "place">,
  { outcome, reason, version }: CorrectionEnd,
): Promise<void> {
  await db.transaction(async (tx) => {
    const detail = { ...(reason === undefined ? {} : { reason }), ...(version === undefined ? {} : { version }) };
    const rows = await tx.query(END, [id, outcome, JSON.stringify(detail), version ?? null]);
    if (rows.length === 0) return;
    await appendInstallAudit(tx, [
      {
        event: "CorrectionEnded",
        credential,
        namespace,
        name,
        place,
        correction: id,
        outcome,
        ...(reason === undefined ? {} : { reason }),
      },
    ]);
  });
}
