import type { Snapshot } from "../domain/world.ts";
import type { Claim } from "./claims.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { RotationView, WorldRow } from "./views.ts";
import { viewOf } from "./views.ts";

/** A claimed rotation with its sealed values, and how many wakes it has had. */
export interface Observation {
  readonly view: RotationView;
  readonly wakes: number;
  /** Base64 ciphertext. */
  readonly sealedPrevious: string | null;
  /** Base64 ciphertext. */
  readonly sealedSlots: string | null;
  /** Base64 ciphertext by attempt. */
  readonly sealedAttempts: Readonly<Record<string, string>> | null;
}

type ObservedRow = Omit<WorldRow, "snapshot"> & {
  readonly snapshot: Snapshot | null;
  readonly sealed_previous: string | null;
  readonly sealed_slots: string | null;
  readonly sealed_attempts: Readonly<Record<string, string>> | null;
};

const OBSERVE = statement("observe_rotation");

/**
 * Undefined when the claim's fence has moved on or the rotation has ended. A snapshot never changes: where it is known from an
 * earlier look, it is not sent again.
 */
export async function observeRotation(
  db: Db,
  claim: Pick<Claim, "id" | "fence">,
  known: Snapshot | undefined,
): Promise<Observation | undefined> {
  const [row] = await db.query<ObservedRow>(OBSERVE, [claim.id, claim.fence, known === undefined]);
  const snapshot = row?.snapshot ?? known;
  if (!row || !snapshot || row.ended_at !== null) return undefined;
  return {
    view: viewOf({ ...row, snapshot }),
    wakes: row.wakes,
    sealedPrevious: row.sealed_previous,
    sealedSlots: row.sealed_slots,
    sealedAttempts: row.sealed_attempts,
  };
}
