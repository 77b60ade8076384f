/** The report on a restored ledger as a whole. Pure. */
import canonicalize from "canonicalize";
import type { RestoredView } from "../ledger/restored.ts";
import { hashOf } from "./statement.ts";

/** Of what accepting would do, and of what could not be seen: nobody accepts something else than what was read. */
export function digestOf(views: readonly RestoredView[]): string {
  const told = views.map(({ credential, truth }) => [credential, truth?.happened ?? null, truth?.acts ?? []]);
  return `sha256:${hashOf(canonicalize(told) ?? "")}`;
}

/** Not looked at yet, or nothing could be seen of it. */
export function isBlind({ truth }: RestoredView): boolean {
  return truth === null || truth.happened === "unseen";
}
