/** One pass: look, decide, do one thing, record. */
import type { Action } from "../domain/action.ts";
import { plan } from "../domain/plan.ts";
import type { DecisionRow, Instant, World } from "../domain/world.ts";
import { ENDED } from "../domain/world.ts";
import type { Accepted } from "../domain/ruling.ts";
import { isAdapterError } from "../../adapters/errors.ts";
import { Unsealable } from "../custody/seal.ts";
import { isOutage } from "../ledger/outage.ts";
import { Overtaken } from "../ledger/record.ts";
import { decisionEntry } from "../ledger/decision-entry.ts";
import { type ActorReference, actorOf } from "../ledger/words.ts";
import type { Cause } from "../domain/backoff.ts";
import { nextFailure } from "../domain/backoff.ts";
import type { Pass } from "./effect.ts";
import { causeOf } from "./effect.ts";
import { observe } from "./observe.ts";
import { reseal } from "./reseal.ts";
import { FORGOTTEN } from "./revocation/end.ts";
import { performRevocation } from "./revocation/perform.ts";
import { finishAbort, revokeNew } from "./stages/abort.ts";
import { assist } from "./stages/assist.ts";
import { distribute } from "./stages/distribute.ts";
import { finish } from "./stages/finish.ts";
import { endOld } from "./stages/end-old.ts";
import { moveGrace } from "./stages/grace.ts";
import { mint } from "./stages/mint.ts";
import { verifyNew } from "./stages/minted.ts";
import { tellPerson } from "./stages/person.ts";
import { provided } from "./stages/provide.ts";
import { REHEARSE } from "./stages/rehearse.ts";
import { resolve } from "./stages/resolve.ts";
import { restore } from "./stages/restore.ts";
import { revoke } from "./stages/revoke.ts";
import { verify } from "./stages/verify.ts";

/** `again`: look once more at once. `ended`: there is nothing left to do, ever. */
export type NextLook =
  | { readonly next: "again" | "ended" }
  | { readonly next: "wait"; readonly until?: Instant | undefined; readonly wakes: number };

/** Throws `Fenced`, and the database's errors; an adapter's failure is an outcome, never a throw. */
export async function reconcile(pass: Pass): Promise<NextLook> {
  const { world, now } = await observe(pass);
  const { wakes } = world;
  if (await reseal(pass, world)) return { next: "again" };
  const action = plan(world, now);
  if (action.do === "wait") return { next: "wait", until: action.until, wakes };
  // As the look itself: that the ledger does not answer is no fault of the step.
  const by = action.do === "judge" ? await decider(pass, action.decision) : NOBODY;
  let until: Until;
  try {
    until = await perform(pass, world, action, by);
  } catch (error) {
    // The ledger is away: no step broke.
    if (isOutage(error)) throw error;
    // More has arrived since the look: it is judged first.
    if (!(error instanceof Overtaken)) await recordBroken(pass, world, action.do, error);
  }
  if (until !== undefined) return { next: "wait", until, wakes };
  return { next: ENDED.has(pass.journal.live.state) ? "ended" : "again" };
}

/** What broke outside of an effect: an account that cannot be opened, a value that does not unseal, our own mistake. It is shown and tried again. */
async function recordBroken(pass: Pass, world: World, step: string, error: unknown): Promise<void> {
  if (pass.journal.isBroken) throw error;
  const cause = isAdapterError(error) ? causeOf(error) : faultOf(pass, step, error);
  await pass.journal.write((live, now) => ({
    audit: { event: "StepBroke", step, reason: cause.reason },
    ...(live.facts.revocation || world.rotation.facts.verify || live.facts.abort
      ? {}
      : { state: "verify_failed" as const }),
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
  }));
}

function faultOf({ deps, journal }: Pass, step: string, error: unknown): Cause {
  const name = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? error.stack : undefined;
  deps.log.error({ rotation: journal.claim.id, step, stack }, `the step ${step} broke`);
  const unsealable = error instanceof Unsealable;
  return {
    reason: unsealable ? error.reason : "InternalFault",
    message: unsealable
      ? "A sealed value does not open with this key."
      : `The step ${step} broke (${name}). Nothing was done.`,
    remedy: unsealable ? "Give the controller the key that the ledger was made with." : "See the controller's log.",
    terminal: true,
  };
}

const NOBODY: ActorReference = { actor: "" };

async function decider({ deps }: Pass, { spec }: DecisionRow): Promise<ActorReference> {
  return actorOf(deps.db, spec.decidedBy, deps.random);
}

type Deed = Exclude<Action, { do: "wait" }>;
/** When to look again; none: at once. */
type Until = Instant | undefined | void;

// One line for each action, checked to be all of them: longer, but plainer than a table of casts.
// oxlint-disable-next-line complexity
async function perform(pass: Pass, world: World, action: Deed, by: ActorReference): Promise<Until> {
  switch (action.do) {
    case "judge":
      return judge(pass, world, action, by);
    case "verify":
      return verify(pass, world);
    case "open-gate":
      return openGate(pass, action);
    case "end-old":
      return endOld(pass, world, action.id);
    case "assist":
      return assist(pass, world, action.deed);
    case "person":
      return tellPerson(pass, world, action.deed);
    case "move-grace":
      return moveGrace(pass, world, action.attempt, action.id);
    case "mint":
      return mint(pass, world, action.number);
    case "resolve":
      return resolve(pass, world, action.attempt);
    case "verify-new":
      return verifyNew(pass, world, action.attempt);
    case "distribute":
      return distribute(pass, world, action.ids);
    case "revoke":
      return revoke(pass, world, action.id, action.insist);
    case "finish":
      return finish(pass, world);
    case "restore":
      return restore(pass, world, action.ids);
    case "revoke-new":
      return revokeNew(pass, world, action.attempt);
    case "finish-abort":
      return finishAbort(pass, world, action.keepNew);
    case "revocation":
      return performRevocation(pass, world, action.step);
    case "rehearse":
      return REHEARSE[action.step](pass, world);
  }
}

async function openGate({ journal }: Pass, action: Extract<Action, { do: "open-gate" }>): Promise<void> {
  await journal.write((live, now) => ({
    audit: { event: "GateOpened", gate: action.gate, digest: action.digest },
    facts: {
      ...live.facts,
      gates: { ...live.facts.gates, [action.gate]: { digest: action.digest, openedAt: now } },
    },
  }));
}

/** The person's decision, the answer to it, and what it changes: one transaction. */
async function judge(
  pass: Pass,
  world: World,
  { decision, ruling: asked }: Extract<Action, { do: "judge" }>,
  by: ActorReference,
): Promise<void> {
  const { journal } = pass;
  const made =
    asked.verdict === "accepted" && asked.provides !== undefined ? await provided(pass, world, asked) : undefined;
  const ruling = made && "refused" in made ? made.refused : asked;
  const reason = ruling.verdict === "accepted" ? "Accepted" : ruling.reason;
  const change: Partial<Accepted> = ruling.verdict === "accepted" ? ruling : {};
  const audit = decisionEntry(by, decision, { ...ruling, reason }, pass.deps.random);
  await journal.write(() => ({
    audit,
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.facts === undefined ? {} : { facts: change.facts }),
    ...(change.consumers === undefined ? {} : { consumers: change.consumers }),
    ...(change.retired === undefined ? {} : { retired: change.retired }),
    ...(change.forgets === true ? { credential: FORGOTTEN } : {}),
    ...(made && "attempt" in made ? { attempts: [made.attempt] } : {}),
    decisions: [{ uid: decision.uid, state: ruling.verdict, reason, message: ruling.message }],
  }));
}
