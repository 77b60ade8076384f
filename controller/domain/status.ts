/** The shape of what people are shown of a rotation. */
import type { Residual } from "../../adapters/contract.ts";
import type { RehearsalReport } from "./rehearsal-report.ts";
import type { AttemptRow, ConsumerRow, Gate, Instant, RotationRow, TombstoneRow } from "./world.ts";

/** The part of the ledger's view that a summary needs. */
export interface Summarizable {
  readonly now: Instant;
  readonly rotation: RotationRow & {
    readonly nextActionAt?: Instant;
    /** Who works on it now, and until when that counts. */
    readonly claimedBy?: string;
    readonly leaseUntil?: Instant;
  };
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  /** What may still come to light at the vendor. */
  readonly tombstones?: readonly TombstoneRow[];
}

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: Instant;
}

export interface OpenGate {
  readonly name: Gate;
  readonly digest: string;
  readonly message: string;
}

export interface ConsumerStatus {
  /** `custody` for consumer zero. */
  readonly id: string;
  readonly state: string;
  readonly message: string;
  readonly nextTryAt?: Instant;
}

export interface RotationStatus {
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly flow: string;
  /** The state in CamelCase: `DistributePartial`. */
  readonly stage: string;
  readonly ready: boolean;
  readonly conditions: readonly Condition[];
  readonly gate?: OpenGate;
  readonly consumers: readonly ConsumerStatus[];
  readonly pendingConsumers: readonly string[];
  readonly residual: readonly Residual[];
  /** Only of a rehearsal. */
  readonly rehearsal?: RehearsalReport;
  readonly createdAt: Instant;
  readonly endedAt?: Instant;
  /** How long each state lasted; the last one is open while the rotation lives. */
  readonly durations: readonly { readonly stage: string; readonly ms: number }[];
  readonly nextTryAt?: Instant;
}

/** `distribute_partial` → `DistributePartial`. */
export function camelCase(state: string): string {
  return state.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
