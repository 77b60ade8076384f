/** People's decisions about drift, and the answers. */
import type { DriftAnswer, DriftQuestion } from "../domain/drift/decide.ts";
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Who } from "../domain/world.ts";
import { appendInstallAudit, type InstallEntry } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import { actorOf, type Random, wordsOf } from "./words.ts";

export interface DriftDecision extends Omit<DriftQuestion, "spec"> {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationDecisionSpec;
  readonly credential: string | null;
}

const PENDING = statement("drift_decisions");
const ANSWER = statement("answer_decision");
const ACCEPT = statement("accept_findings");
const WANT = statement("want_corrections");
const NOW = statement("check_now");

/** `mayCorrect`: where nothing may be started, what asks for it waits. */
export async function driftDecisions(db: Db, most: number, mayCorrect: boolean): Promise<DriftDecision[]> {
  return db.query<DriftDecision>(PENDING, [most, mayCorrect]);
}

/** The answer, what follows from it and its audit row: one transaction. Answered by another replica already: nothing. */
export async function answerDrift(
  db: Db,
  decision: DriftDecision,
  answer: DriftAnswer,
  { at, random }: { readonly at: string; readonly random: Random },
): Promise<void> {
  await db.transaction(async (tx) => {
    const { uid, name, spec, trust, credential } = decision;
    const rows = await tx.query(ANSWER, [uid, answer.state, answer.reason, answer.message]);
    if (rows.length === 0) return;
    const { decidedBy, ticket } = spec;
    const who: Who = { name: decidedBy, trust, decision: name, at, ...(ticket === undefined ? {} : { ticket }) };
    if (answer.act) {
      await tx.query(answer.act === "accept" ? ACCEPT : WANT, [
        credential,
        JSON.stringify(answer.about),
        JSON.stringify(who),
      ]);
      await tx.query(NOW, [credential]);
    }
    await appendInstallAudit(tx, [await answered(tx, decision, answer, random)]);
  });
}

async function answered(tx: Db, decision: DriftDecision, answer: DriftAnswer, random: Random): Promise<InstallEntry> {
  const { namespace, name, spec, trust } = decision;
  const { action, consumer, decidedBy, ticket, reason } = spec;
  return {
    event: answer.state === "accepted" ? "DecisionAccepted" : "DecisionRefused",
    namespace,
    decision: name,
    action,
    ...(consumer === undefined ? {} : { consumer }),
    trust,
    reason: answer.reason,
    about: answer.about.map(({ place, kind }) => ({ place, kind })),
    decidedBy: await actorOf(tx, decidedBy, random),
    because: wordsOf(reason, random),
    ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
  };
}
