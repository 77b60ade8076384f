/** What a schedule asked for begins in its window too, however long its admission took. Pure. */
import type { CredentialSpec } from "../../../crds/kinds.gen.ts";
import type { Instant } from "../world.ts";
import { isTooLate } from "./start.ts";
import { openingAt } from "./window.ts";

/** When the window opens that it has to wait for. Undefined: it may begin now. What a person asks for has no window. */
export function waitsForWindow(
  rotation: CredentialSpec["rotation"],
  expiresAt: Instant | undefined,
  now: Instant,
): Instant | undefined {
  if (rotation?.window === undefined) return undefined;
  const { window, timeZone = "UTC" } = rotation;
  const { from } = openingAt(window, timeZone, now);
  return from <= now || isTooLate(from, expiresAt) ? undefined : from;
}
