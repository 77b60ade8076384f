/** Looks at one Credential of a restored ledger: what custody, the consumers and the vendor have now. Reading only; no value is kept. */
import type { IssuedKey, KeyId, Liveness } from "../../adapters/contract.ts";
import { isAdapterError } from "../../adapters/errors.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import { fingerprints, isPrintOf } from "../custody/fingerprint.ts";
import { unseal, Unsealable } from "../custody/seal.ts";
import { attemptIn } from "../domain/drift/vendor.ts";
import type { HeldValue, LiveRotation, Sight, Subject, Unseen } from "../domain/restored/subject.ts";
import type { Deps } from "../engine/deps.ts";
import { causeOf } from "../engine/effect.ts";
import { DriftQuestions } from "../ledger/drift-questions.ts";
import { asked, identified, type Look, NotSeen, snapshotOf } from "./ask.ts";
import { isPart, lookAtPlaces, type PlaceValue } from "./places.ts";

/** Throws the database's errors, never an adapter's. */
export async function lookAt(deps: Deps, subject: Subject, signal: AbortSignal): Promise<Sight | Unseen> {
  const snapshot = snapshotOf(subject);
  try {
    const issuer = deps.accounts.issuer(snapshot);
    return await sightOf({ deps, subject, snapshot, issuer, signal });
  } catch (error) {
    if (error instanceof NotSeen) return { unseen: error.message };
    if (!isAdapterError(error)) throw error;
    const { reason, message } = causeOf(error);
    return { unseen: `${reason}: ${message}` };
  }
}

async function sightOf(look: Look): Promise<Sight> {
  const { deps, subject, issuer } = look;
  const keys = await asked(look, "restored.list", async (signal) => issuer.list(signal));
  const attempts = await new DriftQuestions(deps.db).attemptsNamed({
    credential: subject.credential,
    ids: keys.flatMap((key) => attemptIn(key) ?? []),
    vendorIds: idsOf(keys),
  });
  const minted = mintedValue(look);
  const attempt = minted && (await verdictOn(look, minted));
  const found = await lookAtPlaces(look, minted);
  const held = found.current === undefined ? "nothing" : await heldValue(look, found.current, minted, keys);
  return { held, keys, attempts, places: found.places, ...(attempt === undefined ? {} : { attempt }) };
}

function idsOf(keys: readonly IssuedKey[]): KeyId[] {
  return keys.map(({ id }) => id);
}

/** What the live rotation has sealed. One that does not open is as good as lost. */
function mintedValue({ deps, subject, issuer }: Look): SecretFields | undefined {
  const { id, sealed } = subject.live?.attempt ?? {};
  if (id === undefined || sealed === undefined) return undefined;
  const scope = { install: deps.install, credential: subject.credential, attempt: id, purpose: "new" } as const;
  try {
    return issuer.complete(unseal(deps.keys, scope, Buffer.from(sealed, "base64")));
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}

async function heldValue(
  look: Look,
  { place, value }: PlaceValue,
  minted: SecretFields | undefined,
  keys: readonly IssuedKey[],
): Promise<HeldValue> {
  const { deps, subject } = look;
  const liveness = await certain(look, value);
  const { whole, fields } = fingerprints(deps.keys, subject.credential, value);
  const id = await identified(look, value);
  const key = keys.find((each) => each.id === id);
  const is = whose(look, { value, minted, key, id });
  return { place, print: whole, prints: fields, is, liveness, ...(id === undefined ? {} : { id }) };
}

/** `inconclusive` says nothing, and what a person has to unlock first is not known to be dead. */
async function certain(look: Look, value: SecretFields): Promise<Liveness> {
  const liveness = await verdictOn(look, value);
  if (liveness === "alive" || liveness === "restricted" || liveness === "dead") return liveness;
  throw new NotSeen(`the vendor does not say whether what custody holds is alive (${liveness})`);
}

async function verdictOn(look: Look, value: SecretFields): Promise<Liveness> {
  const { issuer } = look;
  const verdict = await asked(look, "restored.verify", async (signal) => issuer.verify(value, signal));
  return verdict.liveness;
}

/** By fingerprint; for a mint whose value was never sealed by the vendor's own word, and the marker that it carries. */
function whose(look: Look, { value, minted, key, id }: Named): HeldValue["is"] {
  const { fingerprint, credential, currentId, live } = look.subject;
  if (fingerprint !== null && isPrintOf(look.deps.keys, fingerprint, credential, value)) return "ledger";
  if (minted !== undefined && isPart(value, minted)) return "attempt";
  if (id === undefined) return "other";
  if (live?.attempt && isOfAttempt(live.attempt, id, key)) return "attempt";
  // Its fingerprint may be of a key that is retired by now.
  return id === currentId ? "ledger" : "other";
}

interface Named {
  readonly value: SecretFields;
  readonly minted: SecretFields | undefined;
  /** As the vendor lists it. */
  readonly key: IssuedKey | undefined;
  readonly id: KeyId | undefined;
}

function isOfAttempt(attempt: NonNullable<LiveRotation["attempt"]>, id: KeyId, key: IssuedKey | undefined): boolean {
  return attempt.vendorId === id || (key !== undefined && attemptIn(key) === attempt.id);
}
