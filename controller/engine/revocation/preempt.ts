/** How a Revocation begins, and how the rotation that it finds ends with that: one transaction, or nothing of it. */
import type { Residual } from "../../../adapters/contract.ts";
import { isWatched } from "../../domain/attribution.ts";
import { recovered } from "../../domain/backoff.ts";
import { rehearsalResidual } from "../../domain/rehearsal-left.ts";
import type { Preempted } from "../../domain/revocation.ts";
import { camelCase } from "../../domain/status.ts";
import type { State, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import { Unsealable } from "../../custody/seal.ts";
import type { Claim } from "../../ledger/claims.ts";
import { seizeRotation } from "../../ledger/claims.ts";
import { currentOf } from "../../ledger/credentials.ts";
import type { Db } from "../../ledger/db.ts";
import { observeRotation } from "../../ledger/observe.ts";
import type { AttemptPatch, Change, RetiredPatch } from "../../ledger/record.ts";
import { record } from "../../ledger/record.ts";
import type { PendingRequest } from "../../ledger/requests.ts";
import { startRotation } from "../../ledger/requests.ts";
import type { Deps } from "../deps.ts";
import { worldOf } from "../observe.ts";
import { newBecomesCurrent } from "../stages/finish.ts";
import { tombstoneOf } from "../stages/minted.ts";
import { newValue, previousValue } from "../value.ts";
import type { Ended, RevocationOrder } from "./begun.ts";
import { newRevocation } from "./begun.ts";
import type { Sealed } from "./value.ts";

/** The request was taken by another replica: whatever was begun here is undone. */
class Taken extends Error {
  override readonly name = "Taken";
}

/**
 * False when another replica was faster. Throws a unique violation (23505) when another Revocation of the credential is live. Whoever works on
 * the rotation that is pre-empted is fenced from here on: it writes nothing more.
 */
export async function startRevocation(deps: Deps, order: RevocationOrder): Promise<boolean> {
  const id = deps.uuid();
  try {
    return await deps.db.transaction(async (tx) => {
      const { uid } = order.snapshot.credential;
      const claim = await seizeRotation(tx, uid, { claim: deps.uuid(), by: deps.replica, leaseMs: deps.leaseMs });
      const currentId = await currentOf(tx, uid);
      const ended = claim && (await endPreempted(deps, tx, claim, order));
      const rotation = newRevocation(deps, id, order, { currentId, ended });
      const started = await startRotation(tx, order.request, rotation, deps.random);
      if (!started) throw new Taken();
      return true;
    });
  } catch (error) {
    if (error instanceof Taken) return false;
    throw error;
  }
}

async function endPreempted(deps: Deps, tx: Db, claim: Claim, { request }: RevocationOrder): Promise<Ended> {
  const found = await observeRotation(tx, claim, undefined);
  if (!found) throw new Taken();
  const world = worldOf(found, deps.accounts);
  const keepsNew = isProvenByAll(world);
  const preempted = preemptedOf(world, request, keepsNew);
  const head = { chain: claim.id, seq: claim.chainSeq, hash: claim.chainHash };
  await record(tx, claim, head, [ending(deps, world, request, { preempted, keepsNew })], found.view.now);
  deps.log.warn(
    { rotation: claim.id, revocation: request.name, state: world.rotation.state },
    "a rotation was pre-empted",
  );
  const isShown = world.issuer.revokeNeeds === "value" && preempted.minted !== undefined;
  return {
    preempted,
    previousId: world.rotation.facts.verify?.previousId,
    values: {
      old: opened(() => previousValue(deps, world)),
      ...(isShown ? { minted: opened(() => mintedValue(deps, world)) } : {}),
    },
  };
}

function mintedValue(deps: Deps, world: World): Sealed["minted"] {
  const attempt = liveAttempt(world);
  return attempt?.sealed === undefined ? undefined : newValue(deps, world, attempt);
}

/** A value that does not open is as good as lost, and holds up no revoke. */
function opened(open: () => Sealed["old"]): Sealed["old"] {
  try {
    return open();
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}

const PROVEN: ReadonlySet<State> = new Set<State>(["validated", "revoking", "revoke_failed"]);

/** Every consumer proved the new one: that is the current one now, and is not what leaked. */
function isProvenByAll(world: World): boolean {
  const { flow, state, facts } = world.rotation;
  // A rehearsal's throwaway is nobody's, whatever was proven of it.
  if (flow === "Testing") return false;
  return liveAttempt(world)?.aliveAt !== undefined && (PROVEN.has(state) || facts.abort?.from === "validated");
}

function preemptedOf(world: World, { spec }: PendingRequest, keepsNew: boolean): Preempted {
  const { flow, name, state } = world.rotation;
  const minted = keepsNew ? undefined : liveAttempt(world)?.vendorId;
  if (minted === undefined) return { name, state, ...(keepsNew ? { kept: true } : {}) };
  // Only retired ones are to end: whoever was given the new one goes on working with it.
  const spared = flow !== "Testing" && spec.target === "Retired" && world.consumers.some(({ touched }) => touched);
  return { name, state, minted, ...(spared ? { spared } : {}) };
}

interface Ending {
  readonly preempted: Preempted;
  readonly keepsNew: boolean;
}

function ending(deps: Deps, world: World, request: PendingRequest, { preempted, keepsNew }: Ending): Change {
  const { facts, state } = world.rotation;
  const lost = world.attempts.filter((attempt) => attempt.state === "open");
  const left = world.rotation.flow === "Testing" ? rehearsalResidual(world) : [];
  const residual = [residualOf(world, request, { preempted, keepsNew }), ...left];
  return {
    audit: {
      event: "Preempted",
      by: request.name,
      from: state,
      keepsNew,
      lost: lost.map(({ id }) => id),
      residual,
    },
    state: "aborted",
    facts: { ...recovered(facts), residual: [...(facts.residual ?? []), ...residual] },
    ...attemptsOf(deps, world, keepsNew),
    tombstones: isWatched(world, true) ? lost.map((attempt) => tombstoneOf(attempt)) : [],
    retired: retiredBy(world, { preempted, keepsNew }),
    ended: true,
  };
}

function attemptsOf(deps: Deps, world: World, keepsNew: boolean): Pick<Change, "attempts" | "credential"> {
  if (keepsNew) return newBecomesCurrent({ deps }, world);
  return {
    attempts: world.attempts.map((attempt): AttemptPatch => {
      const { sealed: _, ...bare } = attempt;
      const state = attempt.state === "open" ? "lost" : attempt.state;
      return { ...bare, state, mintClass: world.issuer.mintClass, fingerprints: {} };
    }),
  };
}

/** Whatever lives has a row of its own, whatever becomes of the Revocation. */
function retiredBy(world: World, { preempted, keepsNew }: Ending): RetiredPatch[] {
  const old = keepsNew ? world.rotation.facts.verify?.previousId : undefined;
  return [old, preempted.minted].flatMap((vendorId) => {
    const known = world.retired.some((row) => row.vendorId === vendorId);
    return vendorId === undefined || known ? [] : [{ vendorId, state: "live", residual: [] }];
  });
}

function residualOf(
  { rotation, attempts }: World,
  { namespace, name }: PendingRequest,
  { preempted, keepsNew }: Ending,
): Residual {
  const { minted, spared } = preempted;
  const stays = keepsNew ? " What it had minted is proven everywhere, and is the current one now." : "";
  const goes = minted === undefined || spared === true ? "" : ` It ends ${minted}, which was not proven everywhere.`;
  const lives = spared === true ? ` ${minted ?? ""} lives on, as consumers hold it.` : "";
  const byHand = minted === undefined && attempts.some(({ state }) => state === "minted") && !keepsNew ? HANDED_IN : "";
  return {
    kind: "Preempted",
    message: `The Revocation ${namespace}/${name} pre-empted it in ${camelCase(rotation.state)}.${stays}${goes}${lives}${byHand}`,
    remedy: "When the Revocation is done, request a rotation again.",
  };
}

const HANDED_IN = " What a person had handed in was not used: end it at the vendor.";
