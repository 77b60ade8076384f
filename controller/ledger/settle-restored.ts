/** Accepting a restored ledger makes it say what is so: inside the transaction of the acceptance, and each change with its audit row. */
import { recovered } from "../domain/backoff.ts";
import type { Act } from "../domain/restored/acts.ts";
import type { Instant, RotationFacts } from "../domain/world.ts";
import type { InstallEntry } from "./audit.ts";
import { type Db, statement } from "./db.ts";
import { record } from "./record.ts";
import type { RestoredView } from "./restored.ts";

const ADOPT = statement("adopt_credential");
const KEEP = statement("keep_retired");
const SPARE = statement("spare_retired");
const TAKE_OVER = statement("take_over_rotation");
const END_ATTEMPTS = statement("end_attempts");
const BASELINE = statement("baseline_request");

/** What is written into a rotation that ended in the time that is lost. */
export const OVERTAKEN = "LedgerRestored";

interface TakenOver {
  readonly id: string;
  readonly fence: number;
  readonly chainSeq: number;
  readonly chainHash: Buffer;
  readonly facts: RotationFacts;
  readonly now: Instant;
}

/** Returns what the install's chain is to be told. Rotations end first: what they leave behind is then written over. */
export async function settleRestored(tx: Db, views: readonly RestoredView[]): Promise<InstallEntry[]> {
  const entries: InstallEntry[] = [];
  for (const { credential, namespace, name, truth } of views) {
    if (truth === null || truth.acts.length === 0) continue;
    const about = { credential, namespace, name };
    const attempt = adoptedAttempt(truth.acts);
    const ends = truth.acts.filter((act) => act.do === "end");
    for (const act of ends) await end(tx, act, attempt);
    const rest = truth.acts.filter((act) => act.do !== "end");
    for (const act of rest) {
      const entry = await settle(tx, credential, act);
      if (entry !== undefined) entries.push({ ...entry, ...about });
    }
  }
  return entries;
}

function adoptedAttempt(acts: readonly Act[]): string | undefined {
  return acts.flatMap((act) => (act.do === "adopt" ? (act.attempt ?? []) : []))[0];
}

type Ending = Extract<Act, { do: "end" }>;

async function end(tx: Db, { rotation, from, gone }: Ending, attempt: string | undefined): Promise<void> {
  const [taken] = await tx.query<TakenOver>(TAKE_OVER, [rotation]);
  if (taken === undefined) return;
  const { id, fence, chainSeq, chainHash, facts, now } = taken;
  const residual = {
    kind: OVERTAKEN,
    message: `It ended in the time that the ledger has lost; the backup knew it in ${from}.`,
  };
  await record(
    tx,
    { id, fence },
    { chain: id, seq: chainSeq, hash: chainHash },
    [
      {
        audit: { event: "Overtaken", from, residual: [residual] },
        state: "aborted",
        facts: { ...recovered(facts), residual: [...(facts.residual ?? []), residual] },
        ended: true,
      },
    ],
    now,
  );
  await tx.query(END_ATTEMPTS, [rotation, attempt ?? null, gone]);
}

/** Undefined: nothing was changed by it, so there is nothing to tell. */
async function settle(tx: Db, credential: string, act: Exclude<Act, Ending>): Promise<InstallEntry | undefined> {
  if (act.do === "adopt") return adopt(tx, credential, act);
  if (act.do === "close") {
    const rows = await tx.query(BASELINE, [act.uid, TAKEN.reason, TAKEN.message]);
    return rows.length === 0 ? undefined : { event: "RequestBaseline", request: act.name };
  }
  const { id } = act;
  const rows =
    act.do === "keep" ? await tx.query(KEEP, [credential, id, act.state]) : await tx.query(SPARE, [credential, id]);
  if (rows.length === 0) return undefined;
  return { event: act.do === "keep" ? "RetiredKept" : "RetiredRestored", vendorId: id };
}

const TAKEN = {
  reason: "TakenForExecuted",
  message:
    "The ledger was restored, and its Credential changed in the time that is lost: this request is taken for executed.",
};

async function adopt(tx: Db, credential: string, act: Extract<Act, { do: "adopt" }>): Promise<InstallEntry> {
  const { id, print, prints, attempt, issuedAt, held } = act;
  await tx.query(ADOPT, [
    credential,
    id,
    print,
    JSON.stringify(prints),
    attempt ?? null,
    issuedAt ?? null,
    JSON.stringify(held),
  ]);
  return { event: "CurrentAdopted", vendorId: id, fingerprint: print };
}
