/** Scheduled requests that are still to stand as objects on the cluster that has their Credential. */
import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { type Db, statement } from "./db.ts";
import type { Place, Touched } from "./projections.ts";

export interface DueScheduled extends Touched, Place {
  readonly spec: RotationRequestSpec;
  /** Null where the Credential is gone. */
  readonly credential: string | null;
  /** The cluster's own. */
  readonly credentialUid: string | null;
  /** It stands there, or did. */
  readonly seen: boolean;
}

const DUE = statement("due_scheduled");

export async function dueScheduled(db: Db, most: number): Promise<DueScheduled[]> {
  return db.query<DueScheduled>(DUE, [most]);
}
