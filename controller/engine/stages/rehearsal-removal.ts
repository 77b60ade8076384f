/** Rehearsal: what was found out is kept, and the throwaway goes. The test slots are put back in between, by `restore`. */
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { isHopeless } from "../../domain/plan-rehearsal.ts";
import { slotResults } from "../../domain/rehearsal-report.ts";
import type { ConsumerRow, RotationFacts, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import { type Random, wordsOf } from "../../ledger/words.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { endKey } from "../end-key.ts";
import type { Live } from "../journal.ts";
import { newValue } from "../value.ts";

/** What was found out stands from here on, whatever becomes of the places that it was found out with. */
export async function beginRemoval(pass: Pass, world: World): Promise<void> {
  const because = stoppedBy(world, pass.journal.now());
  const complete = because === undefined;
  // As far as it can be proven it is: the places that nothing can tell of hold it up no longer.
  if (complete && pass.journal.live.state !== "validated") {
    await pass.journal.write(() => ({ audit: { event: "Rehearsed" }, state: "validated" }));
  }
  await pass.journal.write((live, now) => {
    const facts = recovered(live.facts);
    const results = slotResults(world.rotation, [...live.consumers.values()]);
    const removal = { at: now, complete, results, ...(because === undefined ? {} : { because }) };
    return {
      audit: removalEntry(removal, pass.deps.random),
      state: complete ? "revoking" : "aborting",
      facts: { ...facts, ...(facts.rehearsal ? { rehearsal: { ...facts.rehearsal, removal } } : {}) },
      consumers: [...live.consumers.values()].filter((row) => row.facts.failure).map(dueAgain),
    };
  });
}

type Removal = NonNullable<NonNullable<RotationFacts["rehearsal"]>["removal"]>;

/** Who skipped a slot, and how each was proven, stand in rows of their own; why it was stopped may be what a person wrote. */
function removalEntry({ because, results, ...removal }: Removal, random: Random): Change["audit"] {
  return {
    event: "RemovalBegun",
    ...removal,
    results: results.map(({ id, outcome, message }) => ({
      id,
      outcome,
      ...(outcome === "skipped" || outcome === "proven" ? {} : { message }),
    })),
    ...(because === undefined ? {} : { because: wordsOf(because, random) }),
  };
}

/** Undefined: it came to its end. */
function stoppedBy(world: World, now: string): string | undefined {
  const { abort, failure } = world.rotation.facts;
  if (abort) return `${abort.by.name} aborted it: ${abort.reason}`;
  if (failure && isHopeless(world)) return `${failure.reason}: ${failure.message}`;
  return world.rotation.deadline <= now ? "its deadline passed" : undefined;
}

function dueAgain(row: ConsumerRow): ConsumerRow {
  const { failure: _, failedAt: __, ...facts } = row.facts;
  return { ...row, facts };
}

/** At once and for good: nobody ever depended on it. Its value stays sealed until it is proved gone. */
export async function endThrowaway(pass: Pass, world: World): Promise<void> {
  const attempt = liveAttempt(world);
  const id = attempt?.vendorId;
  if (attempt === undefined || id === undefined || id === world.rotation.facts.verify?.previousId)
    throw new Error("the throwaway has no id of its own");
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const intent = (): Change => ({ audit: { event: "RevokeNewIntended", vendorId: id } });
  const performed = await effect(pass, { label: "issuer.revokeNew", attempt: attempt.id, intent }, async (signal) =>
    endKey(issuer, id, signal, () => newValue(pass.deps, world, attempt)),
  );
  const { outcome, effect: effects } = performed;
  await pass.journal.write((live, now) => {
    if (outcome.kind !== "done") {
      return { ...notYet(pass, live, { event: "RevokeNewFailed", vendorId: id }, outcome.cause), effects };
    }
    const rehearsal = { ...rehearsalIn(live.facts), ended: { at: now, attempt: attempt.id, vendorId: id } };
    // Where nobody but the slots knows it, what the issuer says of acceptors is said of these slots.
    const left = world.issuer.authority === "acceptors" ? [] : outcome.value;
    return {
      audit: { event: "NewRevoked", vendorId: id },
      facts: { ...recovered(live.facts), rehearsal, residual: [...(live.facts.residual ?? []), ...left] },
      attempts: [{ ...attempt, state: "revoked", mintClass: world.issuer.mintClass, fingerprints: {} }],
      effects,
    };
  });
}

export function rehearsalIn({ rehearsal }: RotationFacts): NonNullable<RotationFacts["rehearsal"]> {
  return rehearsal ?? { left: [] };
}

interface Untold {
  readonly event: string;
  readonly vendorId?: string;
}

/** However final the vendor's word is, it is asked so often and no longer: then others go on. */
export function notYet(pass: Pass, live: Live, told: Untold, cause: Cause): Change {
  const failure = nextFailure(
    live.facts.failure,
    { ...cause, terminal: false },
    pass.journal.now(),
    pass.deps.jitter(),
  );
  return { audit: { ...told, reason: cause.reason }, facts: { ...live.facts, failure } };
}
