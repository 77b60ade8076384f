/** People's decisions about drift, and the answers. */
import type { DriftAnswer, DriftQuestion } from "../domain/drift/decide.ts";
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Who } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

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
export async function answerDrift(db: Db, decision: DriftDecision, answer: DriftAnswer, at: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { uid, namespace, name, spec, trust, credential } = decision;
    const rows = await tx.query(ANSWER, [uid, answer.state, answer.reason, answer.message]);
    if (rows.length === 0) return;
    const { action, consumer, decidedBy, ticket } = spec;
    const who: Who = { name: decidedBy, trust, decision: name, at, ...(ticket === undefined ? {} : { ticket }) };
    if (answer.act) {
      await tx.query(answer.act === "accept" ? ACCEPT : WANT, [
        credential,
        JSON.stringify(answer.about),
        JSON.stringify(who),
      ]);
      await tx.query(NOW, [credential]);
    }
    const event = answer.state === "accepted" ? "DecisionAccepted" : "DecisionRefused";
    const about = answer.about.map(({ place, kind }) => ({ place, kind }));
    const facts = {
      namespace,
      decision: name,
      action,
      consumer,
      decidedBy,
      ticket,
      trust,
      reason: answer.reason,
      about,
    };
    await appendInstallAudit(tx, [{ event, ...JSON.parse(JSON.stringify(facts)) }]);
  });
}
