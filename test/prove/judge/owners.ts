/** Who in the ledger answers for a credential at the vendor. */
import type { AttemptRow, LedgerRows } from "./ledger.ts";

export interface Found {
  readonly id: string;
  readonly ours: boolean;
  readonly madeFor?: string;
}

/** The attempt that made it, by the order's marker or by the id that was recorded. */
export function attemptOf(ledger: LedgerRows, key: Found): AttemptRow | undefined {
  return ledger.attempts.find(({ marker, vendor_id }) => marker === key.madeFor || vendor_id === key.id);
}

export function isCurrent(ledger: LedgerRows, id: string): boolean {
  return ledger.credentials.some(({ current_id }) => current_id === id);
}

/** A retired id that is still somebody's business. */
export function retiredAs(ledger: LedgerRows, id: string): string | undefined {
  return ledger.retired.find(({ vendor_id, state }) => vendor_id === id && state !== "destroyed")?.state;
}

/** The tombstone that is filed for it, unless its last look was clean. */
export function tombstoneOf(ledger: LedgerRows, key: Found): string | undefined {
  const attempt = attemptOf(ledger, key);
  return ledger.tombstones.find((stone) => stone.attempt === attempt?.id && stone.state !== "clear")?.state;
}

/** Its attempt is still being worked on. */
export function isInWork(ledger: LedgerRows, key: Found): boolean {
  const attempt = attemptOf(ledger, key);
  if (!attempt) return false;
  const rotation = ledger.rotations.find(({ id }) => id === attempt.rotation);
  return attempt.state === "open" || (attempt.state === "minted" && rotation?.ended_at === null);
}

/** Nothing is being rotated. Tombstones and quarantines have a life of their own after that. */
export function isAtRest({ rotations, attempts }: LedgerRows): boolean {
  return rotations.every(({ ended_at }) => ended_at !== null) && attempts.every(({ state }) => state !== "open");
}
