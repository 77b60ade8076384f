import type { Claim } from "./claims.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { RotationView } from "./views.ts";

/** A claimed rotation with its sealed values, and how many wakes it has had. */
export interface Observation {
  readonly document: RotationView;
  readonly wakes: number;
  /** Base64 ciphertext. */
  readonly sealedPrevious: string | null;
  /** Base64 ciphertext by attempt. */
  readonly sealedAttempts: Readonly<Record<string, string>> | null;
}

const OBSERVE = statement("observe_rotation");

/** Undefined when the claim's fence has moved on or the rotation has ended. */
export async function observeRotation(db: Db, claim: Pick<Claim, "id" | "fence">): Promise<Observation | undefined> {
  const [found] = await db.query<Observation>(OBSERVE, [claim.id, claim.fence]);
  return found;
}
