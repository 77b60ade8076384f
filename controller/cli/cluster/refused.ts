/** Objects that stand in the cluster and were not taken, as a source with something wrong in it. Pure. */
import type { SourceView } from "../../ledger/sources.ts";
import type { AccountObject, CredentialObject } from "./resources.ts";

const MOST = 100;

/** Empty where all were taken. Requests and decisions that were refused are shown as what they are. */
export function refusedIn(objects: readonly (CredentialObject | AccountObject)[]): SourceView[] {
  const problems = objects.flatMap(({ kind, metadata, status }) => {
    const accepted = status?.conditions?.find(({ type }) => type === "Accepted");
    if (accepted?.status !== "False") return [];
    const { reason: code, message } = accepted;
    const path = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join("/");
    return [{ path, line: 0, column: 0, code, message }];
  });
  if (problems.length === 0) return [];
  const about = { cursor: null, baseline: true, ready: true, reason: "", message: "", syncedAt: null };
  return [{ name: "kubernetes", kind: "kubernetes", ...about, problems: problems.slice(0, MOST) }];
}
