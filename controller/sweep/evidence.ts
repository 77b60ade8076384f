/**
 * A vendor may know more than the ledger: where custody holds, alive, what this install minted and the ledger does not know, the ledger was
 * restored from before that, whatever the published checkpoint says. Then nothing is started any more until a person accepts.
 */
import { createHash } from "node:crypto";
import type { Unaccounted } from "../domain/sweep.ts";
import type { Subject } from "../domain/restored/subject.ts";
import type { Deps } from "../engine/deps.ts";
import type { Db } from "../ledger/db.ts";
import { statement } from "../ledger/db.ts";
import { reportHold } from "../ledger/holds.ts";
import { truthAbout } from "../restored/run.ts";

const SUBJECTS = statement("suspected_subjects");
const MOST = 16;

/** Returns how many Credentials show it. */
export async function suspectRollback(
  deps: Deps,
  account: string,
  found: readonly Unaccounted[],
  signal: AbortSignal,
): Promise<number> {
  const unknown = new Map(
    found.flatMap(({ why, uid, id }) => (why === "UnknownMarker" && uid ? [[uid, id] as const] : [])),
  );
  const subjects = await subjectsOf(deps.db, [...unknown.keys()].slice(0, MOST));
  let shown = 0;
  for (const subject of subjects) {
    const { currentId, ledgerId } = await truthAbout(deps, subject, signal);
    const isUnknown = found.some(({ why, id }) => why === "UnknownMarker" && id === currentId);
    if (!isUnknown || currentId === null) continue;
    shown += 1;
    const message = `Custody of ${subject.namespace}/${subject.name} holds ${currentId}, which this install minted and this ledger does not know; it knows ${ledgerId ?? "none"}. The ledger was restored from before that, or another one has the same install's name.`;
    const hash = createHash("sha256").update(`${account}/${currentId}`).digest("hex");
    await reportHold(deps.db, `vendor:${account}`, { reason: "LedgerRollback", message, published: { hash } });
    deps.log.warn({ account, vendorId: currentId, reason: "LedgerRollback" }, message);
  }
  return shown;
}

async function subjectsOf(db: Db, uids: readonly string[]): Promise<Subject[]> {
  return uids.length === 0 ? [] : db.query<Subject>(SUBJECTS, [uids]);
}
