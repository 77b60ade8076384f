/** What the install's chain is told of drift: when it begins, and when it ends. Never a value. */
import type { Finding } from "../domain/drift/kinds.ts";
import type { InstallEntry } from "../ledger/audit.ts";
import type { CheckClaim } from "../ledger/drift.ts";

export interface News {
  readonly opened: readonly Finding[];
  readonly gone: readonly Finding[];
}

/** What was only suspected was never told, and its end is not either. */
export function driftAudit(claim: CheckClaim, { opened, gone }: News): InstallEntry[] {
  const { credential, namespace, name } = claim;
  const about = ({ place, kind, grade }: Finding) => ({ credential, namespace, name, place, kind, grade });
  return [
    ...opened.map((finding) => ({ event: "DriftFound", ...about(finding), details: finding.details })),
    ...gone
      .filter(({ state }) => state === "open")
      .map((finding) => ({ event: "DriftGone", ...about(finding), since: finding.since })),
  ];
}
