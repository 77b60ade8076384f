/** The stage conditions of the flow Revocation, in the order of its stages. Pure. */
import type { Condition, Summarizable } from "./status.ts";
import type { TargetId } from "./revocation.ts";
import { idsOf, isClosed, isLeaking, isProven, nameOfTarget, revocationOf } from "./revocation.ts";
import type { Instant } from "./world.ts";

/** How every condition is made. */
export type MakeCondition = (
  type: string,
  status: Condition["status"],
  because: { readonly reason: string; readonly message: string },
  at?: Instant,
) => Condition;

export function revocationStages(view: Summarizable, gate: Condition, make: MakeCondition): Condition[] {
  return [gate, revoked(view, make), lockedOut(view, make)];
}

function revoked(view: Summarizable, make: MakeCondition): Condition {
  const ids = idsOf(view);
  if (!revocationOf(view.rotation).ids) return make("Revoked", "Unknown", { reason: "RevInit", message: "" });
  const open = ids.filter((each) => !isClosed(each));
  if (open.length === 0) return allRevoked(view, ids, make);
  const failed = open.find(({ failure }) => failure !== undefined)?.failure;
  const byHand = open.filter(({ state }) => state === "by-hand");
  if (failed) return make("Revoked", "False", { reason: failed.reason, message: `${listed(open)}: ${failed.message}` });
  if (byHand.length > 0 && view.rotation.state !== "rev_init") {
    const message = `Revoke it by hand, then MarkRevoked: ${listed(byHand)}.`;
    return make("Revoked", "Unknown", { reason: "AwaitingManualRevoke", message });
  }
  return make("Revoked", "Unknown", { reason: "RevRevoking", message: `${listed(open)} will be ended.` });
}

function allRevoked(view: Summarizable, ids: readonly TargetId[], make: MakeCondition): Condition {
  if (view.rotation.state === "rev_init") return make("Revoked", "Unknown", { reason: "RevInit", message: "" });
  const at = ids
    .flatMap((each) => each.at ?? [])
    .toSorted()
    .at(-1);
  const message = ids.length === 0 ? "Nothing of it was alive." : listed(ids);
  return make("Revoked", "True", { reason: "RevRevoked", message }, at);
}

function listed(ids: readonly TargetId[]): string {
  return ids.map(nameOfTarget).join(", ");
}

/** Nobody lets the old value in any more: what the flow is for. */
function lockedOut(view: Summarizable, make: MakeCondition): Condition {
  const { consumers } = view;
  const leaking = consumers.filter(isLeaking);
  if (leaking.length > 0) {
    const message = `It is still let in by ${leaking.map(({ id }) => id).join(", ")}.`;
    return make("LockedOut", "False", { reason: "OldValueAccepted", message });
  }
  const proven = consumers.filter(isProven).length;
  const message = `${proven} of ${consumers.length} consumers`;
  if (view.rotation.state === "rev_done") return make("LockedOut", "True", { reason: "LockedOut", message });
  const asked = consumers.some(({ facts }) => facts.failure?.reason === "CannotBeProbed");
  if (asked) return make("LockedOut", "Unknown", { reason: "AwaitingConfirmation", message });
  return make("LockedOut", "Unknown", { reason: "RevValidating", message });
}
