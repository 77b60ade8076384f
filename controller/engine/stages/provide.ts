/** `manual`: a person makes the new credential at the vendor and hands its value in, sealed. */
import type { SecretFields } from "../../../adapters/secret.ts";
import { openBox } from "../../custody/box.ts";
import { fingerprints } from "../../custody/fingerprint.ts";
import { Unsealable } from "../../custody/seal.ts";
import { mintRefusal } from "../../domain/mint-budget.ts";
import type { Accepted, Ruling } from "../../domain/ruling.ts";
import { refuse } from "../../domain/ruling.ts";
import type { World } from "../../domain/world.ts";
import type { AttemptPatch } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { sealedNew } from "../value.ts";

export async function askValue(pass: Pass): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "ValueAsked" },
    state: "minting",
    facts: { ...live.facts, awaitsValueSince: now },
  }));
}

/** The attempt that the value makes, or why it is none. Its value is verified before anybody is given it. */
export function provided(
  pass: Pass,
  world: World,
  accepted: Accepted,
): { attempt: AttemptPatch } | { refused: Ruling } {
  const refusal = mintRefusal(world);
  if (refusal) return { refused: refuse(refusal.reason, refusal.message) };
  const value = opened(pass, world, accepted.provides ?? "");
  if (!value) {
    return {
      refused: refuse(
        "Unsealable",
        "The sealed value does not open here: it was sealed for another credential or install.",
      ),
    };
  }
  const missing = world.issuer.fields.filter((field) => !value[field]);
  if (missing.length > 0) return { refused: refuse("FieldMissing", `The value has no field ${missing.join(", ")}.`) };
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, value);
  if (prints.whole === world.rotation.facts.verify?.previousFingerprint) {
    return { refused: refuse("SameValue", "This is the value that is in use already, and not a new one.") };
  }
  const id = pass.deps.uuid();
  return {
    attempt: {
      id,
      number: world.attempts.length + 1,
      marker: `velvet/${pass.deps.install}/${world.rotation.credential}/${id}`,
      mintClass: "manual",
      state: "minted",
      deadline: pass.journal.now(),
      inventory: [],
      sealed: sealedNew(pass.deps, world, id, value),
      fingerprint: prints.whole,
      fingerprints: prints.fields,
    },
  };
}

function opened({ deps }: Pass, world: World, box: string): SecretFields | undefined {
  const { namespace, credentialName } = world.rotation;
  try {
    return openBox(deps.keys, { install: deps.install, namespace, credential: credentialName }, box);
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}
