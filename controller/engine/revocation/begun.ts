/** What a Revocation begins with. */
import { later } from "../../domain/duration.ts";
import { snapshotHash } from "../../domain/gates.ts";
import type { Preempted, RevocationFacts, Unreachable } from "../../domain/revocation.ts";
import type { ConsumerFacts, Snapshot } from "../../domain/world.ts";
import type { NewRotation, PendingRequest } from "../../ledger/requests.ts";
import type { Deps } from "../deps.ts";
import { landingMs } from "../effect.ts";
import type { Sealed } from "./value.ts";
import { sealBoth } from "./value.ts";

export interface RevocationOrder {
  readonly request: PendingRequest;
  readonly snapshot: Snapshot;
  readonly unreachable?: readonly Unreachable[] | undefined;
}

/** What is known of the rotation that gave way. */
export interface Ended {
  readonly preempted: Preempted;
  /** Whose the old value is, where the rotation had read it. */
  readonly previousId: string | undefined;
  readonly values: Sealed;
}

/** What the ledger says in the transaction in which it begins. */
interface Standing {
  readonly currentId: string | undefined;
  readonly ended: Ended | undefined;
}

export function newRevocation(deps: Deps, id: string, order: RevocationOrder, standing: Standing): NewRotation {
  const { request, snapshot } = order;
  const { ended } = standing;
  const credential = snapshot.credential.uid;
  const sealed = ended && sealBoth(deps, { credential, rotation: id }, ended.values);
  const facts = lastWrites(deps, request, ended !== undefined);
  return {
    id,
    credential,
    snapshot,
    snapshotHash: snapshotHash(snapshot),
    state: "rev_init",
    facts: { revocation: factsOf(order, standing), entered: [{ state: "rev_init", at: request.now }] },
    ...(sealed ? { sealedPrevious: sealed.toString("base64") } : {}),
    consumers: snapshot.credential.spec.consumers.map(({ id: consumer, active }) => ({
      id: consumer,
      state: active === false ? "inactive" : "pending",
      facts,
    })),
  };
}

function factsOf({ request, unreachable }: RevocationOrder, { currentId, ended }: Standing): RevocationFacts {
  const { target = "Current" } = request.spec;
  return {
    target,
    ...(currentId === undefined ? {} : { currentId }),
    ...(ended ? { preempted: ended.preempted, ...(target === "Retired" ? {} : valueOf(ended, currentId)) } : {}),
    ...(unreachable ? { unreachable } : {}),
  };
}

/** The rotation that gave way had read it, before anybody was given another one. */
function valueOf({ values, previousId }: Ended, currentId: string | undefined): Pick<RevocationFacts, "value"> {
  const id = previousId ?? currentId;
  if (!values.old) return {};
  return { value: { known: true, ...(id === undefined ? {} : { id }), message: "sealed by the rotation before" } };
}

/** A write of the rotation before may land after what is done here. */
function lastWrites(
  { leaseMs }: Deps,
  { now, lastEndedAt }: PendingRequest,
  hasPreempted: boolean,
): Pick<ConsumerFacts, "unsureUntil"> {
  const since = hasPreempted ? now : lastEndedAt;
  const until = since === null ? undefined : later(since, landingMs(leaseMs));
  return until === undefined || until <= now ? {} : { unsureUntil: until };
}
