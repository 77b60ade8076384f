/** What a login, or the list of client secrets, says of a value. Pure. */
import type { Verdict } from "../contract.ts";
import type { AdapterError } from "../errors.ts";
import { Transient } from "../errors.ts";
import type { Probed } from "./prober.ts";

export function verdictOf(probed: Probed, lockMs: number): Verdict {
  switch (probed.kind) {
    case "in":
      return accepted(probed.ended);
    case "wrong":
      return { ...said("dead", "ClientSecretRejected", REJECTED), retryAfterMs: probed.restMs };
    case "expired":
      return said("dead", "ClientSecretExpired", "Infisical says that the client secret has reached its own end.");
    case "used-up":
      return said(
        "dead",
        "ClientSecretUsedUp",
        "Infisical says that the client secret was used as often as it may be.",
      );
    case "locked":
      return { ...said("locked", "ClientIdLocked", LOCKED), retryAfterMs: Math.max(lockMs, probed.restMs) };
    case "address":
      return said("inconclusive", "AddressNotTrusted", "The identity lets nobody log in from Velvet's address.");
    default:
      return { ...said("inconclusive", "ProbeHeldBack", HELD_BACK), retryAfterMs: probed.restMs };
  }
}

const REJECTED = "Infisical refuses this client id with this client secret.";
const LOCKED = "Infisical has locked this client id after wrong logins, for its right secrets too.";
const HELD_BACK = "Another client secret of this client id was refused a moment ago; one more could lock it.";

function accepted(ended: boolean): Verdict {
  const left = ended ? "" : " The access token that the probe got could not be ended, and lives until its own end.";
  return said("alive", "LoginAccepted", `Infisical accepted a login with it.${left}`);
}

/** Infisical knows the first four characters of every client secret that may still work. */
export function notListed(): Verdict {
  return said(
    "dead",
    "ClientSecretRevoked",
    "No client secret of the identity that is still valid begins like this one.",
  );
}

export function incomplete(): Verdict {
  return said("needs-human", "ValueIncomplete", "The value has no client secret, so nobody can log in with it.");
}

/** No answer is no verdict. */
export function unanswered(error: AdapterError): Verdict {
  const wait = error instanceof Transient ? error.retryAfterMs : undefined;
  return {
    ...said("inconclusive", error.reason, error.message),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
}

function said(liveness: Verdict["liveness"], reason: string, message: string): Verdict {
  return { liveness, reason, message };
}
