import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Snapshot, Trust } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import { actorOf, type Random, wordsOf } from "./words.ts";

/** A decision about a retired id, with all that decides on it. Absent parts are null. */
export interface RetiredDecision {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationDecisionSpec;
  readonly trust: Trust;
  readonly credential: string | null;
  readonly currentId: string | null;
  readonly state: "quarantined" | "destroyed" | "restored" | "live" | "manual" | null;
  readonly wish: "destroy" | "restore" | null;
  readonly due: boolean;
  /** The credential's live rotation, by its request's name. */
  readonly live: string | null;
  readonly snapshot: Snapshot | null;
}

export interface Answer {
  readonly state: "accepted" | "refused";
  readonly reason: string;
  readonly message: string;
  /** What becomes of the id. */
  readonly act?: "destroy" | "restore" | "mark";
}

const PENDING = statement("retired_decisions");
const ANSWER = statement("answer_decision");
const WISH = statement("wish_retired");
const MARK = statement("mark_retired");
const LOCK = statement("lock_retired");

export async function retiredDecisions(db: Db, most: number): Promise<RetiredDecision[]> {
  return db.query<RetiredDecision>(PENDING, [most]);
}

/**
 * The answer, what follows from it and its audit row: one transaction. Answered by another replica already: nothing. Where the id is not
 * any more what the answer was found for (its quarantine ended meanwhile), nothing either: it waits for another answer.
 */
export async function answerRetired(db: Db, decision: RetiredDecision, answer: Answer, random: Random): Promise<void> {
  await db.transaction(async (tx) => {
    const { uid, namespace, name, spec, trust, credential } = decision;
    if (answer.act && !(await isStill(tx, decision))) return;
    const rows = await tx.query(ANSWER, [uid, answer.state, answer.reason, answer.message]);
    if (rows.length === 0) return;
    const { vendorId, action, decidedBy, ticket, reason } = spec;
    if (answer.act === "mark") await tx.query(MARK, [credential, vendorId]);
    else if (answer.act) await tx.query(WISH, [credential, vendorId, answer.act]);
    const event = answer.state === "accepted" ? "DecisionAccepted" : "DecisionRefused";
    const facts = { namespace, decision: name, action, vendorId, trust, reason: answer.reason };
    const said = {
      because: wordsOf(reason, random),
      ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
    };
    const who = { decidedBy: await actorOf(tx, decidedBy, random) };
    await appendInstallAudit(tx, [{ event, ...JSON.parse(JSON.stringify(facts)), ...who, ...said }]);
  });
}

async function isStill(tx: Db, { credential, spec, state }: RetiredDecision): Promise<boolean> {
  return (await tx.query(LOCK, [credential, spec.vendorId, state])).length > 0;
}
