import type { Db } from "./db.ts";
import { statement } from "./db.ts";

const USED = statement("used_prints");

/** Fingerprints of the values that were in use when this credential's rotations began: the last thousand. */
export async function usedPrints(db: Db, credential: string): Promise<readonly string[]> {
  const rows = await db.query<{ readonly fingerprint: string }>(USED, [credential]);
  return rows.map(({ fingerprint }) => fingerprint);
}
