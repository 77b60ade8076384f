/** Noes of people, and what stood in the ledger before them. */
import type { Db } from "../../../controller/ledger/db.ts";
import type { RotationDecisionSpec } from "../../../crds/kinds.gen.ts";
import type { Stop } from "../judge/evidence.ts";
import { simStatement } from "./database.ts";

const WRITTEN = simStatement("written");
const STOPPING: ReadonlySet<RotationDecisionSpec["action"]> = new Set(["Abort", "Deny"]);

export function isStop({ action }: Pick<RotationDecisionSpec, "action">): boolean {
  return STOPPING.has(action);
}

/** To be asked once the decision stands in the ledger: what the chain says after this number was written later. */
export async function stopAt(db: Db, rotation: string, decision: string): Promise<Stop> {
  const [row] = await db.query<{ readonly written: number }>(WRITTEN, [rotation]);
  if (!row) throw new Error("nobody stops a rotation that does not exist");
  return { rotation, decision, written: row.written };
}
