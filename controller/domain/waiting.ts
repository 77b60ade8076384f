/** What a person is waited for outside of rotations: a request that cannot begin, and two writers who fight over a place. Pure. */
import { instantOf } from "./duration.ts";
import { beginning, DAILY, dayBefore, escalatesBy, reminded, type Reminders } from "./reminder.ts";
import type { Instant } from "./world.ts";

/** What ends without anybody: a date, another rotation, a correction. Of all else a request's person is reminded, a suspension among it. */
export const BY_THEMSELVES: readonly string[] = [
  "NotBefore",
  "OutsideWindow",
  "RotationInProgress",
  "CorrectionInProgress",
];

export interface Awaiting {
  readonly kind: "admission" | "fight";
  /** The request's uid, or the Credential's. */
  readonly subject: string;
  readonly namespace: string;
  readonly name: string;
  /** A reason, or the places: never a person's words. */
  readonly about: string;
  readonly since: Instant;
  /** False: it is over. */
  readonly waits: boolean;
  /** Past it the request is never begun. */
  readonly deadline?: Instant;
  /** Of the credential in use, in its vendor's own words. */
  readonly expiresAt?: string;
  readonly dueAt?: Instant;
  /** Absent: nobody has counted it yet. */
  readonly known?: Reminders;
}

export interface Counted {
  readonly reminders: Reminders;
}

export interface Told {
  readonly act: "begin" | "remind" | "escalate" | "over";
  readonly wait: Awaiting;
  /** As they are to be from now on; absent where it is over. */
  readonly reminders?: Reminders;
  readonly aloud: boolean;
}

/** Undefined: nothing is to be told or written now. */
export function tellOf(wait: Awaiting, now: Instant): Told | undefined {
  const { known } = wait;
  if (!wait.waits) return { act: "over", wait, aloud: false };
  if (known === undefined) return { act: "begin", wait, reminders: beginning(wait.since, DAILY), aloud: false };
  if (known.escalatedAt === undefined && escalatesBy(wait.since, DAILY, limitsOf(wait)) <= now) {
    return { act: "escalate", wait, reminders: { ...known, escalatedAt: now }, aloud: true };
  }
  if (known.remindAt > now) return undefined;
  return { act: "remind", wait, reminders: reminded(known, DAILY, now), aloud: known.escalatedAt !== undefined };
}

function limitsOf({ since, deadline, expiresAt, dueAt }: Awaiting): Instant[] {
  const due = dayBefore(dueAt);
  const found = [
    dayBefore(instantOf(expiresAt)),
    dayBefore(deadline),
    due !== undefined && due > since ? due : undefined,
  ];
  return found.filter((at) => at !== undefined);
}
