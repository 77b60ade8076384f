/** Looks at what the vendor has of this Credential, and asks it about the value in use. Reading only. */
import type { Issuer, IssuedKey, KeyId, Liveness } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Cause } from "../domain/backoff.ts";
import type { Inventoried } from "../domain/drift/vendor.ts";
import { attemptIn, meaningOfInventory } from "../domain/drift/vendor.ts";
import type { CheckClaim } from "../ledger/drift.ts";
import type { LookPass } from "./pass.ts";
import { ask, issuerOf } from "./pass.ts";

export type VendorLook =
  | { readonly inventory: Inventoried; readonly verdict: Liveness | undefined }
  | { readonly cause: Cause };

/** An old credential that is asked about costs a request. */
const MOST_ASKED = 2;

/** `value`: the one in use, where it could be read and is the one that the ledger knows. */
export async function lookAtVendor(pass: LookPass, value: SecretFields | undefined): Promise<VendorLook> {
  const opened = issuerOf(pass);
  if ("cause" in opened) return opened;
  const issuer = opened.value;
  const listed = await ask(pass, "drift.list", async (signal) => issuer.list(signal));
  if (listed.kind !== "done") return { cause: listed.cause };
  const verdict = await verdictOn(pass, issuer, value);
  if (typeof verdict === "object") return verdict;
  const { claim, deps, traits } = pass;
  const attempts = await pass.questions.attemptsNamed({
    credential: claim.credential,
    ids: markedIn(listed.value, claim),
    vendorIds: othersIn(listed.value, claim),
  });
  const inventory = meaningOfInventory({
    credential: claim.credential,
    install: deps.install,
    exclusive: claim.spec.exclusive === true,
    traits,
    now: claim.now,
    currentId: claim.currentId ?? undefined,
    keys: listed.value,
    retired: claim.retired,
    attempts,
    verdict,
    inUse: await usedAmong(pass, issuer, claim),
  });
  return { inventory, verdict };
}

/** The one in use is known. */
function markedIn(keys: readonly IssuedKey[], { currentId }: CheckClaim): string[] {
  return keys.flatMap((key) => (key.id === currentId ? [] : (attemptIn(key) ?? [])));
}

function othersIn(keys: readonly IssuedKey[], { currentId }: CheckClaim): string[] {
  return keys.flatMap(({ id }) => (id === currentId ? [] : [id]));
}

/** Whoever has no vendor to ask answers by construction. */
async function verdictOn(
  pass: LookPass,
  issuer: Issuer,
  value: SecretFields | undefined,
): Promise<Liveness | undefined | { readonly cause: Cause }> {
  if (value === undefined) return undefined;
  const outcome = await ask(pass, "drift.verify", async (signal) => issuer.verify(issuer.complete(value), signal));
  return outcome.kind === "done" ? outcome.value.liveness : { cause: outcome.cause };
}

async function usedAmong(pass: LookPass, issuer: Issuer, { retired }: CheckClaim): Promise<ReadonlySet<KeyId>> {
  const used = new Set<KeyId>();
  if (!issuer.usage) return used;
  const usage = issuer.usage.bind(issuer);
  const living = retired.filter(({ state }) => state === "quarantined" || state === "live").slice(0, MOST_ASKED);
  for (const { vendorId } of living) {
    const outcome = await ask(pass, "drift.usage", async (signal) => usage(vendorId, signal));
    if (outcome.kind === "done" && (outcome.value.active ?? 0) > 0) used.add(vendorId);
  }
  return used;
}
