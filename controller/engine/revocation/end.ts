/** One credential of the list ends: at once and for good, by its exact id, with an intent of its own. */
import type { Residual } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { nextFailure } from "../../domain/backoff.ts";
import type { TargetId } from "../../domain/revocation.ts";
import { revocationOf, revocationState, wasProbed } from "../../domain/revocation.ts";
import type { Instant, RotationFacts, World } from "../../domain/world.ts";
import type { Change, CredentialPatch } from "../../ledger/record.ts";
import type { Outcome, Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { endKey } from "../end-key.ts";
import type { Live } from "../journal.ts";
import { openBoth } from "./value.ts";

/** There is no current one any more. */
export const FORGOTTEN: CredentialPatch = { fingerprints: {} };

export async function endTarget(pass: Pass, world: World, target: TargetId): Promise<void> {
  const { id } = target;
  if (id === undefined) throw new Error("only what has an id is ended by Velvet");
  const intent = (live: Live): Change => intended(live, world, id);
  const performed = await effect(pass, { label: "issuer.end", intent }, async (signal) =>
    endKey(pass.deps.accounts.issuer(world.rotation.snapshot), id, signal, () => valueOf(pass, world, target)),
  );
  const { outcome, effect: effects } = performed;
  await pass.journal.write((live, now) => {
    const ended = after(target, outcome, now, pass.deps.jitter());
    const facts = withTarget(live.facts, ended);
    return {
      audit: audited(id, outcome),
      state: revocationState(
        revocationOf({ facts }).ids ?? [],
        [...live.consumers.values()],
        wasProbed([...live.consumers.values()]),
      ),
      facts,
      effects,
      ...(outcome.kind === "done" ? gone(world, id, outcome.value) : {}),
    };
  });
}

/** The first one is the point of no return: whatever has arrived since the last look is judged before it. */
function intended(live: Live, world: World, id: string): Change {
  const isNamed = world.retired.some(({ vendorId }) => vendorId === id);
  return {
    audit: { event: "RevokeIntended", vendorId: id, flow: "Revocation" },
    ...(live.state === "rev_init" ? { state: "rev_revoking", ifWakes: world.wakes } : {}),
    ...(isNamed ? {} : { retired: [{ vendorId: id, state: "live", residual: [] }] }),
  };
}

/** For a vendor that ends only what it is shown. */
function valueOf({ deps }: Pass, world: World, { id, is }: TargetId): SecretFields | undefined {
  const { old, minted } = openBoth(deps, world);
  if (is === "minted") return minted;
  return revocationOf(world.rotation).value?.id === id ? old : undefined;
}

function after(target: TargetId, outcome: Outcome<unknown>, now: Instant, jitter: number): TargetId {
  const { failure, ...rest } = target;
  if (outcome.kind === "done") return { ...rest, state: "ended", at: now };
  return { ...rest, state: "failed", failure: nextFailure(failure, outcome.cause, now, jitter) };
}

function withTarget(facts: RotationFacts, target: TargetId): RotationFacts {
  const revocation = revocationOf({ facts });
  const ids = (revocation.ids ?? []).map((each) => (each.id === target.id ? target : each));
  return { ...facts, revocation: { ...revocation, ids } };
}

function audited(vendorId: string, outcome: Outcome<readonly Residual[]>): Change["audit"] {
  if (outcome.kind === "done") return { event: "TargetEnded", vendorId, residual: outcome.value };
  return { event: "RevokeFailed", vendorId, reason: outcome.cause.reason };
}

/** What only acceptors know ends with them, and they are asked one by one. */
function gone(world: World, vendorId: string, left: readonly Residual[]): Pick<Change, "retired" | "credential"> {
  const residual = world.issuer.authority === "acceptors" ? [] : left;
  return {
    retired: [{ vendorId, state: "destroyed", residual }],
    ...(world.credential.currentId === vendorId ? { credential: FORGOTTEN } : {}),
  };
}
