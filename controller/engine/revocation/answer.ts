import type { Cause } from "../../domain/backoff.ts";
import type { LockOut } from "../../domain/revocation.ts";
import { settlesAt } from "../../domain/revocation.ts";
import type { Instant, World } from "../../domain/world.ts";

/** What one question has told. `doubt`: neither. */
export type Answer =
  | { readonly is: "locked-out"; readonly by: LockOut["by"]; readonly message: string }
  | { readonly is: "leaking"; readonly by: LockOut["by"]; readonly message: string }
  | { readonly is: "doubt"; readonly cause: Cause; readonly notAfter?: Instant };

export function doubt(cause: Cause): Extract<Answer, { is: "doubt" }> {
  return { is: "doubt", cause };
}

/** Only a person can tell. */
export function cannotBeProbed(because: string): Answer {
  return doubt({
    reason: "CannotBeProbed",
    message: because,
    remedy:
      "See for yourself that the old value is refused there, then ConfirmConsumer; or SkipConsumer, with a ticket.",
    terminal: true,
  });
}

/** The vendor may take a while until everybody hears that a credential has ended; when that is over it is asked at once. */
export function stillSettling(world: World, message: string): Answer {
  const cause: Cause = { reason: "StillSettling", message, retryAfterMs: world.issuer.propagation.everyMs };
  const until = settlesAt(world);
  return { ...doubt(cause), ...(until === undefined ? {} : { notAfter: until }) };
}
