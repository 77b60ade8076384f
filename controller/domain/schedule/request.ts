/** The request that the scheduler writes: an ordinary one, with a name that every replica would give it. Pure. */
import { createHash } from "node:crypto";
import type { RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import { later } from "../duration.ts";
import { specHash } from "../spec-hash.ts";
import type { Instant } from "../world.ts";
import { becauseOf, type Schedule } from "./schedule.ts";

/** Under this name the scheduler asks. That it did is told by the request's origin, never by this name. */
export const SCHEDULER = "velvet:scheduler";

export interface ScheduledFor {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly expiresAt?: Instant;
  readonly failures: number;
}

export interface ScheduledRequest {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationRequestSpec;
  readonly deadline: Instant;
}

/**
 * Whether an object shows this scheduled request: the same in all but who is named in it, since an API server wants to see the name that it
 * knows, and but for `suspend`, which may change.
 */
export function isShowing(scheduled: RotationRequestSpec, shown: unknown): boolean {
  return typeof shown === "object" && shown !== null && essence(scheduled) === essence(shown);
}

function essence(spec: object): string {
  const { requestedBy: _, suspend: __, ...rest } = { expect: "Alive", ...spec } as Readonly<Record<string, unknown>>;
  return specHash(rest);
}

const MOST_NAME = 253;
const HASH = 8;
/** Waits for a window or for a gate are the request's own: it has as long as any other. */
const DEADLINE_MS = 7 * 86_400_000;

/** `orders-db-20270225t0930-3f9a1c2b`; after failures `…-2`. One due date and one number of failures: one name, for ever. */
export function scheduledRequest(credential: ScheduledFor, schedule: Schedule, now: Instant): ScheduledRequest {
  const { uid, namespace, name, expiresAt, failures } = credential;
  const date = schedule.dueAt.slice(0, 16).replaceAll(/[-:]/g, "").toLowerCase();
  const again = failures === 0 ? "" : `-${failures + 1}`;
  const own = createHash("sha256")
    .update(`${uid}\0${schedule.dueAt}\0${schedule.because}`)
    .digest("hex")
    .slice(0, HASH);
  const tail = `-${date}-${own}${again}`;
  const gone = expiresAt !== undefined && expiresAt <= now;
  return {
    namespace,
    name: `${name.slice(0, MOST_NAME - tail.length)}${tail}`,
    spec: {
      credentialRef: { name },
      flow: "Operational",
      ...(gone ? { expect: "Dead" as const } : {}),
      reason: `Scheduled: ${becauseOf(schedule)}.`,
      requestedBy: SCHEDULER,
    },
    deadline: later(now, DEADLINE_MS),
  };
}
