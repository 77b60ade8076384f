/** What the adapter kubernetes says. */
import { IN_USE, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

const OLD_RUNS = "Pods that have not begun anew run with the old value, which was not revoked.";

export const KUBERNETES_REASONS: Readonly<Record<string, Reason>> = {
  NamespaceMissing: {
    meaning: "The cluster has no such namespace.",
    fine: IN_USE,
    remedy: "Make the namespace, or correct it in the consumer's block.",
    where: ["consumer"],
  },
  NamespaceEnding: {
    meaning: "The namespace is being deleted, and takes nothing new.",
    fine: IN_USE,
    remedy: "Remove the consumer from the Credential, or make the namespace again.",
    where: ["consumer"],
  },
  SecretImmutable: {
    meaning: "The Secret is immutable: nobody can change it.",
    fine: UNTOUCHED,
    remedy: "Make another Secret without immutable, let the workloads use it, and name it in the consumer's block.",
    where: ["consumer"],
  },
  SecretTypeBroken: {
    meaning: "The Secret's type asks for keys that it would not have after the write, or not in their form.",
    fine: UNTOUCHED,
    remedy: "Write these keys with the same consumer, or use a Secret of type Opaque.",
    where: ["consumer"],
  },
  SecretOwnedByController: {
    meaning: "Another controller makes the Secret or the key, and would put its own value back.",
    fine: UNTOUCHED,
    remedy: "Let Velvet write what that controller reads; or tell it to leave the keys alone, and set force: true.",
    where: ["consumer"],
  },
  KeyOwnedByOther: {
    meaning: "Somebody else owns one of the keys of the Secret: the message says under which name.",
    fine: UNTOUCHED,
    remedy: "Remove the key from what it applies, and set force: true in the consumer's block.",
    where: ["consumer"],
  },
  WorkloadMissing: {
    meaning: "The consumer's restart names a workload that is not there.",
    fine: IN_USE,
    remedy: "Correct the name in the consumer's restart, or remove it there.",
    where: ["consumer"],
  },
  RestartRefused: {
    meaning: "The API server refuses the change that restarts a workload.",
    fine: OLD_RUNS,
    remedy: "A webhook of the cluster may have rules of its own: see the cluster's events.",
    where: ["consumer"],
  },
  RestartReverted: {
    meaning: "Somebody took Velvet's annotation from the workload's pod template, so that older pods come back.",
    fine: OLD_RUNS,
    remedy: "Tell it to leave annotations that begin with velvet.raxx.app/ alone; the message names it.",
    commands: ["velvet retry <request>"],
    where: ["consumer"],
  },
  RolloutFailed: {
    meaning: "The workload did not become ready with the new value in its own time.",
    fine: OLD_RUNS,
    remedy: "Mend its pods: kubectl rollout status and kubectl describe say what is wrong. Velvet looks again.",
    commands: ["velvet retry <request>", "velvet abort <request>"],
    where: ["consumer"],
  },
  RolloutHeld: {
    meaning: "The workload does not roll out by itself: it is paused, OnDelete, or held by a partition.",
    fine: OLD_RUNS,
    remedy: "Resume it, or roll it out by hand; Velvet looks again.",
    where: ["consumer"],
  },
  RunningPods: {
    meaning: "Pods that took the value into their environment keep the old one until they end.",
    fine: "The old value opens nothing once it is revoked.",
    remedy: "Restart them, or name them in the consumer's restart.",
    where: ["rotation"],
  },
  ClusterBackup: {
    meaning: "Backups of the cluster made before the write hold the old value.",
    fine: "The old value opens nothing once it is revoked.",
    remedy: "Nothing where the old value is revoked.",
    where: ["rotation"],
  },
  LastApplied: {
    meaning: "The annotation of kubectl apply may hold the old value, and the next apply brings it back.",
    fine: "The old value opens nothing once it is revoked.",
    remedy: "Remove the key from the applied file, and the annotation from the Secret.",
    where: ["rotation"],
  },
};
