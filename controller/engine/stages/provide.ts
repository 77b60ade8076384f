/** `manual`: a person makes the new credential at the vendor and hands its value in, sealed, or Velvet sees it there. */
import type { IssuedKey } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { openBox } from "../../custody/box.ts";
import { fingerprints, isPrintOf } from "../../custody/fingerprint.ts";
import { Unsealable } from "../../custody/seal.ts";
import { askedNow } from "../../domain/assisted.ts";
import { mintRefusal } from "../../domain/mint-budget.ts";
import type { Accepted, Refused } from "../../domain/ruling.ts";
import { refuse } from "../../domain/ruling.ts";
import type { Inventory, World } from "../../domain/world.ts";
import type { AttemptPatch } from "../../ledger/record.ts";
import { usedPrints } from "../../ledger/used-prints.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { sealedNew } from "../value.ts";
import { recordDelay } from "./delay.ts";

/** What the vendor has now is kept, so that what a person makes can be told from it. */
export async function askValue(pass: Pass, world: World): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const before = issuer.detect && (await listed(pass, world));
  if (issuer.detect && !before) return;
  const endLink = issuer.instructions?.revoke?.link?.slice(0, 500);
  await pass.journal.write((live, now) => ({
    audit: { event: "ValueAsked" },
    state: "minting",
    facts: {
      ...live.facts,
      awaitsValueSince: now,
      assisted: {
        ...live.facts.assisted,
        mint: askedNow(now, issuer.instructions?.mint, before),
        ...(endLink === undefined ? {} : { endLink }),
      },
    },
  }));
}

/** Undefined: the vendor did not answer, and is asked again later. */
async function listed(pass: Pass, world: World): Promise<Inventory | undefined> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind === "done") return outcome.value.map(({ id, enabled }: IssuedKey) => ({ id, enabled }));
  await recordDelay(pass, outcome.cause);
  return undefined;
}

export type Provided = { readonly attempt: AttemptPatch } | { readonly refused: Refused };

/** The attempt that a sealed value makes, or why it is none. */
export async function provided(pass: Pass, world: World, accepted: Accepted): Promise<Provided> {
  const value = opened(pass, world, accepted.provides ?? "");
  return value ? attemptWith(pass, world, value) : { refused: UNSEALABLE };
}

const UNSEALABLE = refuse(
  "Unsealable",
  "The sealed value does not open here: it was sealed for another credential or install, or to a key that is retired.",
);

/** The attempt of a value that nobody was given yet; it is verified before anybody is. `vendorId`: where the vendor showed it. */
export async function attemptWith(pass: Pass, world: World, given: SecretFields, vendorId?: string): Promise<Provided> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const exhausted = mintRefusal(world);
  if (exhausted) return { refused: refuse(exhausted.reason, exhausted.message) };
  const value = issuer.complete(given);
  const refused = refuseShape(world, value) ?? (await refuseKnown(pass, world, value));
  if (refused) return { refused };
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, value);
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
      ...(vendorId === undefined ? {} : { vendorId }),
      sealed: sealedNew(pass.deps, world, id, value),
      fingerprint: prints.whole,
      fingerprints: prints.fields,
    },
  };
}

/** A field is no larger than what a place can hold; far below it is what people paste by mistake. */
const LARGEST_FIELD = 32_768;

function refuseShape({ issuer }: World, value: SecretFields): Refused | undefined {
  const { fields } = issuer;
  const missing = fields.filter((field) => !value[field] || value[field].isEmpty);
  if (missing.length > 0) return refuse("FieldMissing", `The value has no field ${missing.join(", ")}.`);
  const unknown = Object.keys(value).filter((field) => !fields.includes(field)).length;
  if (unknown > 0) {
    return refuse(
      "FieldSurplus",
      `The value has ${unknown} more ${unknown === 1 ? "field" : "fields"} than ${fields.join(", ")}.`,
    );
  }
  const long = fields.find((field) => (value[field]?.revealBytes().length ?? 0) > LARGEST_FIELD);
  if (long === undefined) return undefined;
  return refuse("ValueTooLong", `The field ${long} is longer than ${LARGEST_FIELD} bytes.`);
}

/** What is in use is no new credential, and what was in use before comes from a box that was made for an earlier rotation. */
async function refuseKnown({ deps }: Pass, world: World, value: SecretFields): Promise<Refused | undefined> {
  const { credential, facts } = world.rotation;
  const is = (print: string | undefined) => print !== undefined && isPrintOf(deps.keys, print, credential, value);
  if (is(facts.verify?.previousFingerprint)) {
    return refuse("SameValue", "This is the value that is in use already, and not a new one.");
  }
  const used = await usedPrints(deps.db, credential);
  if (!used.some(is)) return undefined;
  return refuse("ValueUsedBefore", "This value was in use before, and was replaced: it is not a new one.");
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
