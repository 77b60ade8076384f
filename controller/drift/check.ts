/** One look at one Credential, from its claim to its record; and what is put right because of it. */
import type { Cause } from "../domain/backoff.ts";
import { valueRefusal } from "../domain/drift/correct.ts";
import { fold, type Folded } from "../domain/drift/fold.ts";
import { type Finding, isLoud } from "../domain/drift/kinds.ts";
import { lookMs, nextLookMs } from "../domain/drift/next-look.ts";
import { around } from "../domain/duration.ts";
import { type CheckClaim, type CheckRecord, giveUpCheck } from "../ledger/drift.ts";
import type { DriftQuestions } from "../ledger/drift-questions.ts";
import { driftAudit } from "./audit.ts";
import { fightsIn, ordersOf, withWhy } from "./orders.ts";
import type { DriftDeps, LookPass } from "./pass.ts";
import { opened, snapshotOf } from "./pass.ts";
import { Prints } from "./prints.ts";
import { putRight } from "./put-right.ts";
import { intervalOf, survey, type Survey } from "./survey.ts";

const REST_MS = 3_600_000;

/** Never throws what an adapter throws. Throws the database's errors: the claim is left to its lease. */
export async function checkCredential(deps: DriftDeps, questions: DriftQuestions, claim: CheckClaim): Promise<void> {
  if (!claim.present || claim.spec.drift?.mode === "Disabled") return rest(deps, questions, claim, "disabled");
  if (claim.fingerprint === null && claim.currentId === null) return rest(deps, questions, claim, "unchecked");
  const snapshot = snapshotOf(claim);
  const traits = opened(() => deps.accounts.issuerTraits(snapshot));
  if ("cause" in traits) return giveUp(deps, claim, traits.cause);
  const signal = AbortSignal.any([deps.stopping, deps.timeout(lookMs(deps.leaseMs))]);
  const prints = new Prints(deps.keys, claim.credential);
  const pass: LookPass = { deps, claim, questions, prints, snapshot, traits: traits.value, signal };
  await judge(pass, await survey(pass));
}

/** Nothing is looked at, and nothing is said to differ. */
async function rest(
  deps: DriftDeps,
  questions: DriftQuestions,
  claim: CheckClaim,
  state: "disabled" | "unchecked",
): Promise<void> {
  const gone = claim.findings;
  const nothing = { facts: {}, putOff: undefined, present: [], versions: [] };
  const audit = driftAudit(claim, { opened: [], gone });
  const nextMs = around(REST_MS, deps.jitter());
  await questions.record(claim, { ...nothing, state, gone, audit, nextMs });
}

async function giveUp(deps: DriftDeps, claim: CheckClaim, { reason, message }: Cause): Promise<void> {
  deps.log.warn({ credential: named(claim), reason }, message);
  await giveUpCheck(deps.db, claim, { reason, message }, intervalOf(claim));
}

function named({ namespace, name }: CheckClaim): string {
  return `${namespace}/${name}`;
}

/** What was found is in the ledger before anything is written because of it. */
async function judge(pass: LookPass, found: Survey): Promise<void> {
  const { deps, claim } = pass;
  const seen = [...found.seen, ...fightsIn(pass, found.seen)];
  const folded = fold(claim.findings, { now: claim.now, seen, couldSee: found.couldSee });
  const wanted = ordersOf(pass, folded.present);
  const refusal = valueRefusal({ isLedgers: found.current?.isLedgers, verdict: found.verdict });
  const orders = refusal === undefined ? wanted : [];
  const told = refusal === undefined ? folded : { ...folded, present: withWhy(folded.present, wanted, refusal) };
  const kept = orders.length > 0 ? { keepMs: deps.leaseMs } : {};
  const record = { ...recordOf(pass, found, told, orders.length > 0), audit: driftAudit(claim, folded), ...kept };
  if (!(await pass.questions.record(claim, record))) return giveUp(deps, claim, ROTATED);
  tell(deps, claim, folded);
  if (orders.length > 0 && !deps.stopping.aborted) await mend(afterRecord(pass, record), found, folded, orders);
}

/** What the ledger knows by now, and time of its own. */
function afterRecord(pass: LookPass, { facts, state }: CheckRecord): LookPass {
  const { deps, claim } = pass;
  return { ...pass, claim: { ...claim, facts, state }, signal: deps.timeout(lookMs(deps.leaseMs)) };
}

const ROTATED: Cause = {
  reason: "DriftGivesWay",
  message: "A rotation has begun, or another replica looks: what was seen is dropped.",
};

async function mend(pass: LookPass, found: Survey, folded: Folded, orders: readonly Finding[]): Promise<void> {
  const { deps, claim } = pass;
  const { memory, gone, still } = await putRight(pass, found, orders, folded.present);
  const findings = folded.findings.filter((finding) => !gone.includes(finding));
  const record = recordOf(pass, { ...found, memory, versions: [] }, { findings, present: still, gone }, true);
  const audit = driftAudit(claim, { opened: [], gone });
  if (await pass.questions.record(claim, { ...record, audit })) tell(deps, claim, { opened: [], gone });
}

/** A place that was written just now is soon looked at again, and so is what is not certain yet. */
function recordOf(
  { claim, deps }: LookPass,
  found: Survey,
  { findings, present, gone }: Pick<Folded, "findings" | "present" | "gone">,
  isWritten: boolean,
): Omit<CheckRecord, "audit"> {
  const { putOff, memory, versions } = found;
  const isSoon = findings.some(({ state }) => state === "suspected") || isWritten;
  return {
    facts: memory,
    state: findings.some(isLoud) ? "drifted" : "clean",
    putOff: putOff && { reason: putOff.reason, message: putOff.message },
    nextMs: nextLookMs({
      intervalMs: intervalOf(claim),
      isSoon,
      jitter: deps.jitter(),
      ...(putOff === undefined ? {} : { putOffMs: putOff.retryAfterMs ?? 0 }),
    }),
    present,
    gone,
    versions,
  };
}

function tell({ log }: DriftDeps, claim: CheckClaim, { opened, gone }: Pick<Folded, "opened" | "gone">): void {
  for (const { kind, place, message } of opened) log.warn({ credential: named(claim), kind, place }, message);
  for (const { kind, place } of gone)
    log.info({ credential: named(claim), kind, place }, "it does not differ any more");
}
