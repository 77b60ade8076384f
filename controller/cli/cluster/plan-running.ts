/** What is left of a rotation that has begun, as far as its request shows it. Pure. */
import type { Snapshot } from "../../domain/world.ts";
import type { Registry } from "../command.ts";
import type { PlanItem } from "../plan-item.ts";
import { type PlannedGate, type PlannedSteps, plannedSteps } from "../plan-report.ts";
import { present } from "../present.ts";
import { worldOf } from "../world.ts";
import type { CredentialObject, RequestObject } from "./resources.ts";
import { conditionIn, endOf, gateIn, nextTryOf, placeOf } from "./rotation.ts";
import { seenOf } from "./subject.ts";

export function runningOnCluster(
  request: RequestObject,
  credential: CredentialObject | undefined,
  accounts: Snapshot["accounts"],
  { registry, now }: { readonly registry: Registry; readonly now: string },
): PlanItem {
  const { spec } = request;
  const { namespace, name } = placeOf(request);
  const about = {
    namespace,
    credential: spec.credentialRef.name,
    request: name,
    flow: spec.flow,
    expect: spec.expect ?? "Alive",
    stage: conditionIn(request, "Ready")?.reason ?? "Unknown",
  };
  if (endOf(request) !== undefined) return { ...about, verdict: "ended", changes: false };
  const seen = credential && seenOf(request, credential, accounts);
  const world = seen && worldOf(seen, registry);
  const steps = world && asShown(plannedSteps(world, now, true), request);
  return {
    ...about,
    verdict: "running",
    ...present({ next: nextOf(request), nextAt: nextTryOf(request), steps }),
    changes: true,
  };
}

/** What the engine does next it alone knows; what it waits for is shown. */
function nextOf(request: RequestObject): string | undefined {
  const gate = gateIn(request);
  if (gate) return `waits for ${gate.name}Approval`;
  const stalled = conditionIn(request, "Stalled");
  if (stalled?.status === "True") return `is stalled (${stalled.reason}), and waits for a person`;
  return nextTryOf(request) === undefined ? undefined : "tries again";
}

/** A digest is over all that the engine knows: only the one that it shows can be approved. */
function asShown(steps: PlannedSteps, request: RequestObject): PlannedSteps {
  const shown = gateIn(request);
  const gates = steps.gates.map((planned): PlannedGate => {
    const { digest: _, ...gate } = planned;
    const open = shown?.name === gate.name;
    return { ...gate, open, ...(open ? { digest: shown.digest } : {}) };
  });
  return { ...steps, gates };
}
