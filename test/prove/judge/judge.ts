/** Holds the invariants of the protocol against the vendor's truth and the ledger. Pure. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { drift } from "./drift.ts";
import { zeroDowntime } from "./i1-zero-downtime.ts";
import { fencing } from "./i10-fencing.ts";
import { authority } from "./i11-authority.ts";
import { stopped } from "./i11-stopped.ts";
import { projection } from "./i12-projection.ts";
import { asTold } from "./i2-as-told.ts";
import { exactlyOne } from "./i2-exactly-one.ts";
import { lockedOut } from "./i2-locked-out.ts";
import { noOrphan } from "./i3-no-orphan.ts";
import { byHand } from "./i4-by-hand.ts";
import { revokeGate } from "./i4-revoke-gate.ts";
import { singleFlight } from "./i5-single-flight.ts";
import { boundedMinting } from "./i6-bounded-minting.ts";
import { custody } from "./i7-custody.ts";
import { auditChains } from "./i8-audit.ts";
import { progress } from "./i9-progress.ts";
import { rehearsals } from "./rehearsal.ts";

const INVARIANTS: readonly ((evidence: Evidence) => Violation[])[] = [
  zeroDowntime,
  exactlyOne,
  asTold,
  lockedOut,
  noOrphan,
  revokeGate,
  byHand,
  singleFlight,
  boundedMinting,
  custody,
  auditChains,
  progress,
  fencing,
  authority,
  stopped,
  projection,
  rehearsals,
  drift,
];

/** In the order of the invariants; empty where every promise was kept. */
export function judge(evidence: Evidence): Violation[] {
  return INVARIANTS.flatMap((invariant) => invariant(evidence));
}
