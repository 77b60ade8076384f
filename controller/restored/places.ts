/** What stands at each place of a Credential, and whose value that is. */
import type { Observed } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import { isPrintOf } from "../custody/fingerprint.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { placeName } from "../domain/drift/kinds.ts";
import type { Holds, PlaceSight } from "../domain/restored/subject.ts";
import { fieldsFrom, keysOf } from "../engine/value.ts";
import { asked, identified, type Look, NotSeen } from "./ask.ts";

export interface PlaceValue {
  readonly place: string;
  readonly value: SecretFields;
}

export interface PlacesFound {
  /** What is read as the one in use; undefined: nothing is there. */
  readonly current: PlaceValue | undefined;
  readonly places: readonly PlaceSight[];
}

/** Throws `NotSeen` where the value in use could not be read. A consumer that cannot be looked at is told, and holds up nothing. */
export async function lookAtPlaces(look: Look, minted: SecretFields | undefined): Promise<PlacesFound> {
  const { custody, readFrom, consumers } = look.snapshot.credential.spec;
  const reading = custody ? CUSTODY : readFrom;
  if (reading === undefined) throw new NotSeen("no place is named where its value could be read");
  const seen = await observe(look, reading);
  const value = valueAt(look, reading, seen);
  const current = value && { place: reading, value: look.issuer.complete(value) };
  const first: PlaceSight = { ...gradeOf(look, reading), holds: value ? "current" : "nothing", ...versionOf(seen) };
  const places = [first];
  for (const { id } of consumers) if (id !== reading) places.push(await lookAtConsumer(look, id, { current, minted }));
  return { current, places };
}

async function observe(look: Look, place: string): Promise<Observed> {
  const sink = look.deps.accounts.sink(look.snapshot, place);
  const names = keysOf(look.snapshot, place, look.issuer.traits.fields).map(({ name }) => name);
  return asked(look, "restored.observe", async (signal) => sink.observe(names, signal));
}

function valueAt({ snapshot, issuer }: Look, place: string, seen: Observed): SecretFields | undefined {
  return fieldsFrom(keysOf(snapshot, place, issuer.traits.fields), seen);
}

function gradeOf({ deps, snapshot }: Look, place: string): Pick<PlaceSight, "place" | "grade"> {
  return { place, grade: deps.accounts.sinkTraits(snapshot, place).grade };
}

function versionOf({ version }: Observed): { readonly version?: string } {
  return version === undefined ? {} : { version };
}

interface Values {
  readonly current: PlaceValue | undefined;
  readonly minted: SecretFields | undefined;
}

async function lookAtConsumer(look: Look, id: string, values: Values): Promise<PlaceSight> {
  const about = gradeOf(look, id);
  if (about.grade === "none") return { ...about, holds: "unseen" };
  try {
    const seen = await observe(look, id);
    if (about.grade !== "value") return { ...about, holds: isThere(seen) ? "unseen" : "nothing", ...versionOf(seen) };
    const value = valueAt(look, id, seen);
    if (value === undefined) return { ...about, holds: "nothing", ...versionOf(seen) };
    const holds = whoseIs(look, value, values);
    const other = holds === "other" ? await identified(look, look.issuer.complete(value)) : undefined;
    return { ...about, holds, ...versionOf(seen), ...(other === undefined ? {} : { id: other }) };
  } catch (error) {
    if (!(error instanceof NotSeen)) throw error;
    return { ...about, holds: "unseen", why: `${placeName(id)} could not be looked at: ${error.message}` };
  }
}

function isThere({ keys }: Observed): boolean {
  return Object.values(keys).some(({ present }) => present);
}

function whoseIs({ deps, subject }: Look, value: SecretFields, { current, minted }: Values): Holds {
  if (current && isPart(value, current.value)) return "current";
  if (minted && isPart(value, minted)) return "attempt";
  const { fingerprint, credential } = subject;
  return fingerprint !== null && isPrintOf(deps.keys, fingerprint, credential, value) ? "ledger" : "other";
}

/** A consumer may be given some of the fields only. */
export function isPart(value: SecretFields, whole: SecretFields): boolean {
  return Object.entries(value).every(([field, secret]) => whole[field]?.equals(secret) === true);
}
