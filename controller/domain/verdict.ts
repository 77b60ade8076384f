/** What the probes of the credential in use mean together. Pure. */
import type { IssuedKey, IssuerTraits, KeyId, Verdict } from "../../adapters/contract.ts";
import type { Cause } from "./backoff.ts";
import type { VerifyFacts, World } from "./world.ts";

type Answer<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" | "unknown"; readonly cause: Cause };

export interface VerifyProbe {
  /** A value was found in custody or where the manifest says. */
  readonly found: boolean;
  /** The value's fingerprint is the one in the ledger. */
  readonly known?: boolean;
  readonly inventory: Answer<readonly IssuedKey[]>;
  readonly verdict?: Answer<Verdict>;
  readonly identity?: Answer<KeyId | undefined>;
  /** The verdict on a mutated value; absent where asking could lock the right one out. */
  readonly control?: Answer<Verdict>;
}

export type Judged =
  | { readonly facts: Omit<VerifyFacts, "at" | "readFrom" | "previousFingerprint"> }
  | { readonly cause: Cause };

export function judgeProbe(world: World, traits: IssuerTraits, probe: VerifyProbe): Judged {
  if (probe.inventory.kind !== "done") return { cause: probe.inventory.cause };
  const full = quota(world, traits, probe);
  if (full) return { cause: full };
  if (!probe.found) return judgeNothingFound(world);
  if (world.rotation.expect === "Absent") {
    return stop("NotAbsent", "A credential is already there.", "Request the rotation without expect: Absent.");
  }
  return judgeFound(world, traits, probe);
}

function judgeNothingFound(world: World): Judged {
  if (world.rotation.expect === "Alive") {
    return stop(
      "NothingFound",
      "Neither custody nor the consumer named in readFrom holds a value.",
      "Put the current value into custody, name a consumer that holds it in readFrom, or request with expect: Absent.",
    );
  }
  const { currentId } = world.credential;
  return {
    facts: {
      liveness: "absent",
      reason: "NothingFound",
      message: "There is no credential yet.",
      controlled: false,
      ...(currentId === undefined || world.rotation.expect === "Absent" ? {} : { previousId: currentId }),
    },
  };
}

function judgeFound(world: World, traits: IssuerTraits, probe: VerifyProbe): Judged {
  const { verdict, identity, control } = probe;
  if (!verdict || !identity) return stop("NotProbed", "The credential was not probed.", "Report this.");
  if (verdict.kind !== "done") return { cause: verdict.cause };
  const wrong = judgeLiveness(world, verdict.value) ?? judgeControl(world, verdict.value, control);
  if (wrong) return { cause: wrong };
  if (identity.kind !== "done") return { cause: identity.cause };
  const previousId = previousIdOf(world, identity.value, probe.known ?? false);
  const { liveness, reason, message } = verdict.value;
  return {
    facts: {
      liveness,
      reason,
      message,
      controlled: traits.negativeControl && liveness === "alive",
      ...(previousId === undefined ? {} : { previousId }),
    },
  };
}

/**
 * From the ledger, as long as the value is the one that the ledger knows; else from the vendor's own answer; else from the
 * manifest; else a person revokes. A value that the ledger does not know never leads to the ledger's id: somebody may hold that.
 */
function previousIdOf(world: World, identified: KeyId | undefined, known: boolean): KeyId | undefined {
  const { currentId } = world.credential;
  if (known && currentId !== undefined) return currentId;
  if (identified !== undefined) return identified;
  return currentId === undefined ? world.rotation.snapshot.credential.spec.issuer.currentId : undefined;
}

function judgeLiveness(world: World, verdict: Verdict): Cause | undefined {
  const { liveness, message } = verdict;
  if (liveness === "inconclusive") {
    return { reason: "VendorUnavailable", message, retryAfterMs: verdict.retryAfterMs };
  }
  const accepted = liveness === "alive" || liveness === "restricted";
  if (world.rotation.expect === "Dead") {
    if (!accepted) return undefined;
    return cause("StillAlive", message, "Request the rotation with expect: Alive, or a Revocation.");
  }
  if (accepted) return undefined;
  if (liveness === "dead") {
    return cause("CredentialDead", message, "Abort, and request the rotation again with expect: Dead.");
  }
  return cause(
    liveness === "locked" ? "CredentialLocked" : "NeedsHuman",
    message,
    "Unlock it at the vendor, then retry.",
  );
}

/** A probe that says yes to everything proves nothing. */
function judgeControl(world: World, verdict: Verdict, control: Answer<Verdict> | undefined): Cause | undefined {
  if (!control || world.rotation.expect !== "Alive" || verdict.liveness !== "alive") return undefined;
  if (control.kind !== "done") return control.cause;
  if (control.value.liveness === "inconclusive") {
    return { reason: "ControlInconclusive", message: control.value.message, retryAfterMs: control.value.retryAfterMs };
  }
  if (control.value.liveness === "dead") return undefined;
  return cause(
    "NegativeControlFailed",
    "The vendor also accepted a value that is certainly wrong, so its yes proves nothing.",
    "Check that the vendor account really authenticates (for Postgres: no trust in pg_hba.conf).",
  );
}

/** A full quota fails here, before anything was touched. */
function quota(world: World, traits: IssuerTraits, probe: VerifyProbe): Cause | undefined {
  if (traits.maxLive === undefined || probe.inventory.kind !== "done") return undefined;
  const inventory = probe.inventory.value;
  const inUse = probe.identity?.kind === "done" ? probe.identity.value : undefined;
  const waiting = world.retired.filter((row) => row.state === "quarantined" || row.state === "live");
  const counted = inventory.filter((key) => key.enabled || traits.countsDisabled === true);
  const ids = new Set(counted.map((key) => key.id));
  for (const row of waiting) if (inventory.some((key) => key.id === row.vendorId)) ids.add(row.vendorId);
  if (ids.size < traits.maxLive) return undefined;
  const retired = waiting.find((row) => ids.has(row.vendorId));
  if (retired) {
    return {
      reason: "RetiredIdOpen",
      message: `${retired.vendorId} is still kept for a restore${retired.destroyAfter ? ` until ${retired.destroyAfter}` : ""}, and its place is needed.`,
      remedy: "Wait, or destroy it with a RotationDecision DestroyRetired.",
    };
  }
  return cause(
    "QuotaExhausted",
    `The vendor allows ${traits.maxLive} at once, and has: ${counted.map((key) => shown(key, inUse)).join(", ")}.`,
    "Remove at the vendor the one that nobody uses; Velvet goes on by itself within five minutes, or at once with RetryConsumers.",
  );
}

/** What tells a person which of them nobody uses. */
function shown({ id, enabled, lastUsedAt }: IssuedKey, inUse: KeyId | undefined): string {
  const facts = [
    ...(id === inUse ? ["the one in use"] : []),
    ...(enabled ? [] : ["disabled"]),
    ...(lastUsedAt === undefined ? [] : [`last used ${lastUsedAt}`]),
  ];
  return facts.length === 0 ? id : `${id} (${facts.join(", ")})`;
}

function cause(reason: string, message: string, remedy: string): Cause {
  return { reason, message, remedy, terminal: true };
}

function stop(reason: string, message: string, remedy: string): Judged {
  return { cause: cause(reason, message, remedy) };
}
