/** How far a rollout is, from a workload alone. Pure. */
import type { Settled } from "../contract.ts";
import type { Workload } from "./restart.ts";
import type { Fields } from "./shapes.ts";
import { countAt, fieldsOf, itemsOf, textAt } from "./shapes.ts";

const LOOK_AGAIN_MS = 5_000;

export function pending(message: string): Settled {
  return { state: "pending", message, retryAfterMs: LOOK_AGAIN_MS };
}

function failed(reason: string, message: string): Settled {
  return { state: "failed", reason, message };
}

/** `settled` says only that the workload's own numbers are as they should be. */
export function rolloutOf({ kind, name }: Workload, object: Fields): Settled {
  const [spec, status] = [fieldsOf(object["spec"]), fieldsOf(object["status"])];
  const title = `${kind} ${name}`;
  const held = heldBack(title, spec);
  if (held) return held;
  const generation = countAt(fieldsOf(object["metadata"]), "generation");
  if (countAt(status, "observedGeneration") < generation) return pending(`${title} has not begun its rollout.`);
  if (isStuck(status)) {
    return failed(
      "RolloutFailed",
      `${title} did not become ready in its own progressDeadlineSeconds. Mend its pods: see kubectl rollout status and kubectl describe.`,
    );
  }
  return kind === "DaemonSet" ? daemons(title, status) : replicas(title, spec, status);
}

function heldBack(title: string, spec: Fields): Settled | undefined {
  if (spec["paused"] === true) {
    return failed(
      "RolloutHeld",
      `${title} is paused, and a paused one never rolls out. Resume it: kubectl rollout resume.`,
    );
  }
  const strategy = fieldsOf(spec["updateStrategy"]);
  if (textAt(strategy, "type") === "OnDelete") {
    return failed("RolloutHeld", `${title} rolls out only as its pods are deleted (OnDelete). Delete them one by one.`);
  }
  if (countAt(fieldsOf(strategy["rollingUpdate"]), "partition") > 0) {
    return failed("RolloutHeld", `${title} holds pods below its partition back. Lower the partition to 0.`);
  }
  return undefined;
}

function isStuck(status: Fields): boolean {
  return itemsOf(status["conditions"]).some(
    (condition) =>
      condition["type"] === "Progressing" &&
      condition["status"] === "False" &&
      condition["reason"] === "ProgressDeadlineExceeded",
  );
}

function replicas(title: string, spec: Fields, status: Fields): Settled {
  const wanted = typeof spec["replicas"] === "number" ? spec["replicas"] : 1;
  const numbers = ["replicas", "updatedReplicas", "availableReplicas"].map((name) => countAt(status, name));
  const { currentRevision, updateRevision } = status;
  if (numbers.every((number) => number === wanted) && (wanted === 0 || currentRevision === updateRevision)) {
    return { state: "settled" };
  }
  const [all, updated, available] = numbers;
  return pending(`${title} rolls out: ${updated} of ${wanted} updated, ${available} available, ${all} in all.`);
}

function daemons(title: string, status: Fields): Settled {
  const wanted = countAt(status, "desiredNumberScheduled");
  const [updated, available] = [countAt(status, "updatedNumberScheduled"), countAt(status, "numberAvailable")];
  if (updated === wanted && available === wanted) return { state: "settled" };
  return pending(`${title} rolls out: ${updated} of ${wanted} updated, ${available} available.`);
}
